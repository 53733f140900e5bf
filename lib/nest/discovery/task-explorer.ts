import type { ModulesContainer } from '@nestjs/core';
import {
  DuplicateScheduleError,
  DuplicateTaskError,
  TaskArgumentsError,
  TaskDeclarationError,
} from '../../errors/index.js';
import type { ResolvedTasksOptions } from '../../options/index.js';
import type { Schedule } from '../../schedules/index.js';
import {
  bindArguments,
  checkSchedule,
  readParameters,
  resolveTaskOptions,
  type DeclaredSchedule,
  type RunnableTask,
  type ScheduleSendOptions,
  type TaskOptions,
} from '../../tasks/index.js';
import type { SentArgumentsValidator } from '../enhancers/sent-arguments.validator.js';
import type { TaskInvokerCompiler } from '../enhancers/task-invoker.compiler.js';
import type { TaskHost } from '../enhancers/nest-types.js';
import { callFactory } from './factory-values.js';
import { describeMethod, discoverMethods, type DiscoveredMethod } from './discovered-method.js';

/** One `@Schedule()` of the application. */
export interface ScheduleEntry {
  /** Unique in the application, and equal in all its processes. */
  readonly name: string;
  readonly schedule: Schedule;
  /** Name of the task it sends. */
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: ScheduleSendOptions;
}

/** A task and where it is declared. */
export interface ExploredTask {
  readonly host: TaskHost;
  readonly task: RunnableTask;
}

/** All that the providers of an application declare. */
export interface Explored {
  readonly tasks: readonly ExploredTask[];
  readonly schedules: readonly ScheduleEntry[];
}

export interface ExplorerParts {
  readonly modules: ModulesContainer;
  readonly compiler: TaskInvokerCompiler;
  readonly validator: SentArgumentsValidator;
  /** Defaults of the module's `tasks` group. */
  readonly defaults: ResolvedTasksOptions;
}

/** What factories in the decorators of one method made. */
interface Made {
  readonly options: TaskOptions;
  readonly schedules: readonly (Schedule | null | false | undefined)[];
}

/** Turns the decorated methods of an application into tasks that can be sent and run. */
export class TaskExplorer {
  readonly #parts: ExplorerParts;

  constructor(parts: ExplorerParts) {
    this.#parts = parts;
  }

  /**
   * @returns a promise only where a factory in a decorator gave one
   * @throws {TaskDeclarationError | DuplicateTaskError | DuplicateScheduleError | InvalidOptionError | UnknownOptionError | UnusableEnhancerError}
   */
  explore(): Explored | Promise<Explored> {
    const methods = discoverMethods(this.#parts.modules);
    const made = methods.map(makeFromFactories);
    if (!made.some((each) => each instanceof Promise)) return this.#build(methods, made as Made[]);
    return Promise.all(made.map((each) => Promise.resolve(each))).then((all) => this.#build(methods, all));
  }

  #build(methods: readonly DiscoveredMethod[], made: readonly Made[]): Explored {
    const tasks = new Map<string, ExploredTask & { readonly method: DiscoveredMethod }>();
    const schedules = new Map<string, ScheduleEntry & { readonly method: DiscoveredMethod }>();
    methods.forEach((method, index) => {
      const { options, schedules: due } = made[index] as Made;
      const task = this.#task(method, options);
      const twin = tasks.get(task.name);
      if (twin !== undefined)
        throw new DuplicateTaskError(task.name, [describeMethod(twin.method), describeMethod(method)]);
      tasks.set(task.name, { host: method.host, task, method });
      method.declared.schedules.forEach((declared, place) => {
        const entry = toEntry(declared, due[place], task);
        if (entry === undefined) return;
        const double = schedules.get(entry.name);
        if (double !== undefined) {
          throw new DuplicateScheduleError(entry.name, [describeMethod(double.method), describeMethod(method)]);
        }
        schedules.set(entry.name, { ...entry, method });
      });
    });
    return {
      tasks: [...tasks.values()].map(({ host, task }) => ({ host, task })),
      schedules: [...schedules.values()].map(({ method: _method, ...entry }) => entry),
    };
  }

  #task({ host, declared, defaults }: DiscoveredMethod, given: TaskOptions): RunnableTask {
    const { compiler, validator } = this.#parts;
    const { location, hooks } = declared;
    const options = resolveTaskOptions(given, defaults, this.#parts.defaults, location);
    const parameters = readParameters(host.classRef.prototype as object, host.method, options.params, location);
    const { name, globalEnhancers } = options;
    const definition = { name, location, options, parameters };
    const calls = compiler.compile(host, { name, parameters, globalEnhancers, hooks });
    const validate = validator.compile(host, definition);
    return { ...definition, ...calls, ...(validate === undefined ? {} : { validate }) };
  }
}

function makeFromFactories({ host, declared }: DiscoveredMethod): Made | Promise<Made> {
  const { location, factory, options } = declared;
  const task = factory === undefined ? options : callFactory(factory, '@Task()', host, location);
  const schedules = declared.schedules.map(({ schedule, factory: make }) =>
    make === undefined ? schedule : callFactory(make, '@Schedule()', host, location),
  );
  const toMade = (made: TaskOptions, all: Made['schedules']): Made => ({
    options: { ...made, ...options },
    schedules: all,
  });
  if (!(task instanceof Promise) && !schedules.some((each) => each instanceof Promise)) {
    return toMade(task, schedules as Made['schedules']);
  }
  const due = Promise.all(schedules.map((each) => Promise.resolve(each)));
  return Promise.all([Promise.resolve(task), due]).then(([made, all]) => toMade(made, all));
}

function toEntry(
  { name, args, kwargs, options }: DeclaredSchedule,
  made: Schedule | null | false | undefined,
  task: RunnableTask,
): ScheduleEntry | undefined {
  const schedule = checkSchedule(made ?? null, task.location);
  if (schedule === undefined) return undefined;
  try {
    bindArguments(task, args, kwargs, 'checked');
  } catch (error) {
    if (!(error instanceof TaskArgumentsError)) throw error;
    throw new TaskDeclarationError(task.location, `has arguments in @Schedule() that do not fit it: ${error.message}`, {
      cause: error,
    });
  }
  return { name, schedule, task: task.name, args, kwargs, options };
}
