import { nearestName, TaskDeclarationError } from '../errors/index.js';
import type { RunnableTask } from '../tasks/index.js';

/** The tasks that can run in this process, by their names on the wire. */
export class TaskRegistry {
  private readonly byName = new Map<string, RunnableTask>();

  /** @throws {TaskDeclarationError} when two methods have one name */
  constructor(tasks: Iterable<RunnableTask>) {
    for (const task of tasks) {
      const other = this.byName.get(task.name);
      if (other !== undefined) {
        throw new TaskDeclarationError(
          task.location,
          `is named "${task.name}", and so is ${other.location}: give one of them another "name" in its @Task().`,
        );
      }
      this.byName.set(task.name, task);
    }
  }

  get(name: string): RunnableTask | undefined {
    return this.byName.get(name);
  }

  names(): readonly string[] {
    return [...this.byName.keys()];
  }

  /** The task a misspelt name most likely meant. */
  nearest(name: string): string | undefined {
    return nearestName(name, this.byName.keys());
  }
}
