import type { ModulesContainer } from '@nestjs/core';
import { TasksNotReadyError } from '../../errors/index.js';
import type { RunnableTask, TaskCatalog, TaskDefinition } from '../../tasks/index.js';
import type { ClassRef } from '../enhancers/nest-metadata.js';
import type { Explored, ExploredTask, ScheduleEntry, TaskExplorer } from './task-explorer.js';

/** Any class a sender may name. */
type TaskClass = Parameters<TaskCatalog['find']>[0];

/**
 * The tasks of one application, read when it is initialized. Before that (a test that only compiles its module, a constructor that sends) they are
 * read for each question, as providers may still come; a module that is loaded lazily later is noticed when it is asked for.
 */
export class ApplicationTasks implements TaskCatalog {
  #explored: Explored | undefined;
  #moduleCount = 0;
  #byName: ReadonlyMap<string, RunnableTask> = new Map();
  readonly #explorer: TaskExplorer;
  readonly #modules: ModulesContainer;

  constructor(explorer: TaskExplorer, modules: ModulesContainer) {
    this.#explorer = explorer;
    this.#modules = modules;
  }

  /** Reads them for good. */
  async load(): Promise<void> {
    this.#keep(await this.#explorer.explore());
  }

  /** @throws {TasksNotReadyError} before `load()`, where a task's options come from an asynchronous factory */
  get tasks(): readonly RunnableTask[] {
    return this.#read().tasks.map(({ task }) => task);
  }

  get schedules(): readonly ScheduleEntry[] {
    return this.#read().schedules;
  }

  get(name: string): TaskDefinition | undefined {
    return this.#ask(({ tasks }) =>
      this.#explored === undefined ? tasks.find(({ task }) => task.name === name)?.task : this.#byName.get(name),
    );
  }

  find(target: TaskClass, method: string): TaskDefinition | undefined {
    return this.#ask(({ tasks }) => findByClass(tasks, target, method));
  }

  names(): readonly string[] {
    return this.#read().tasks.map(({ task }) => task.name);
  }

  /** What was not found may be in a module that was loaded since. */
  #ask<T>(question: (explored: Explored) => T | undefined): T | undefined {
    const answer = question(this.#read());
    if (answer !== undefined || this.#explored === undefined || this.#modules.size === this.#moduleCount) return answer;
    this.#keep(this.#explore());
    return question(this.#read());
  }

  #read(): Explored {
    return this.#explored ?? this.#explore();
  }

  #explore(): Explored {
    const explored = this.#explorer.explore();
    if (!(explored instanceof Promise)) return explored;
    explored.catch(() => undefined); // told by load()
    throw new TasksNotReadyError();
  }

  #keep(explored: Explored): void {
    this.#explored = explored;
    this.#moduleCount = this.#modules.size;
    this.#byName = new Map(explored.tasks.map(({ task }) => [task.name, task]));
  }
}

/** By the class itself, else by the one class provided that extends it: for abstract classes and test doubles. */
function findByClass(tasks: readonly ExploredTask[], target: TaskClass, method: string): RunnableTask | undefined {
  const named = tasks.filter(({ host }) => host.method === method);
  const exact = named.find(({ host }) => host.classRef === target);
  if (exact !== undefined) return exact.task;
  const heirs = named.filter(({ host }) => isHeir(host.classRef, target));
  return heirs.length === 1 ? heirs[0]?.task : undefined;
}

function isHeir(classRef: ClassRef, target: TaskClass): boolean {
  return (
    typeof target.prototype === 'object' &&
    Object.prototype.isPrototypeOf.call(target.prototype as object, classRef.prototype as object)
  );
}
