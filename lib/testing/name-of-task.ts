import { nearestName, TaskNotDeclaredError, TestingUsageError } from '../errors/index.js';
import type { TaskQueueHost } from '../nest/index.js';
import type { TaskReference } from './task-reference.js';

/** @throws {TaskNotDeclaredError} for a method that is no task of the application */
export function nameOfTask(task: TaskReference, hosts: readonly TaskQueueHost[]): string {
  if (typeof task === 'string') return task;
  if (!Array.isArray(task)) {
    const { name, delay } = (task ?? {}) as { readonly name?: unknown; readonly delay?: unknown };
    if (typeof name === 'string' && typeof delay === 'function') return name;
    throw new TestingUsageError(
      "Expected a task: its name, [Class, 'method'], or its handle, such as tasks.for(MailTasks).send.",
    );
  }
  const [target, method] = task as Extract<TaskReference, readonly unknown[]>;
  for (const { catalog } of hosts) {
    const name = catalog.find(target, method)?.name;
    if (name !== undefined) return name;
  }
  const methods = Object.getOwnPropertyNames(target.prototype as object);
  const tasks = methods.filter(
    (each) => each !== 'constructor' && hosts.some(({ catalog }) => catalog.find(target, each)),
  );
  throw new TaskNotDeclaredError(target.name, method, nearestName(method, tasks));
}
