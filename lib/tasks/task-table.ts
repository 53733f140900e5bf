import { describeValue, nearestName, TaskDeclarationError } from '../errors/index.js';
import type { TaskHookName } from './task-definition.js';
import { readMetadata, staticMethods, type MethodMetadata } from './task-metadata.js';
import type { TaskDefaultsOptions, TaskFactoryOptions, TaskOptions } from './task-options.interface.js';
import { readSchedules, type DeclaredSchedule } from './schedule-table.js';

/** A task as its decorators declare it, before its options are resolved. */
export interface DeclaredTask {
  readonly method: string;
  /** `Class.method`: for errors and logs, and the task's name where it gives none. */
  readonly location: string;
  /** What is known without an application: all of it, or only `name` where a factory makes the rest. */
  readonly options: TaskOptions;
  /** Makes the options; those in `options` win. */
  readonly factory: TaskFactoryOptions | undefined;
  readonly schedules: readonly DeclaredSchedule[];
  /** Methods of the same provider to call, in the order in which they stand in the class. */
  readonly hooks: Readonly<Partial<Record<TaskHookName, readonly string[]>>>;
}

/** All that a class declares, inherited tasks included. */
export interface TaskTable {
  readonly className: string;
  readonly defaults: TaskDefaultsOptions;
  /** Empty for a class that declares none. */
  readonly tasks: readonly DeclaredTask[];
}

/**
 * Reads what the decorators of a class recorded.
 * @param target the class, or its prototype
 * @throws {TaskDeclarationError} for `@Schedule()`, `@Ctx()` or `@Kwargs()` without `@Task()`, hooks of methods that are no tasks, static methods
 * and accessors, and whatever stands twice
 */
export function readTaskTable(target: object): TaskTable {
  const prototype = typeof target === 'function' ? (target.prototype as object | undefined) : target;
  const constructor = prototype?.constructor;
  if (prototype === undefined || constructor === undefined) return { className: '', defaults: {}, tasks: [] };
  const className = constructor.name;
  refuseStatic(constructor, className);

  const { methods, defaults } = readMetadata(prototype);
  const names: string[] = [];
  for (const [method, metadata] of methods) {
    const location = `${className}.${method}`;
    refuseAccessor(prototype, method, location);
    if (metadata.tasks.length > 0) names.push(method);
    else refuseWithoutTask(metadata, location);
  }
  const hooks = readHooks(methods, names, className);
  const tasks = names.map((method): DeclaredTask => {
    const metadata = methods.get(method) as MethodMetadata;
    const location = `${className}.${method}`;
    return {
      method,
      location,
      ...readOptions(metadata, location),
      schedules: readSchedules(metadata.schedules, location),
      hooks: hooks.get(method) ?? {},
    };
  });
  return { className, defaults, tasks };
}

function refuseStatic(constructor: object, className: string): void {
  const [method] = staticMethods(constructor);
  if (method === undefined) return;
  throw new TaskDeclarationError(
    `${className}.${method}`,
    'is static: only methods of an instance can be tasks. Take "static" away.',
  );
}

function refuseAccessor(prototype: object, method: string, location: string): void {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(at, method);
    if (descriptor && typeof descriptor.value === 'function') return;
    if (descriptor) break;
  }
  throw new TaskDeclarationError(location, 'is not a method: decorators of tasks stand before methods only.');
}

function refuseWithoutTask({ schedules, parameters }: MethodMetadata, location: string): void {
  const [parameter] = parameters.values();
  if (schedules.length === 0 && parameter === undefined) return;
  const decorator = schedules.length > 0 ? '@Schedule()' : parameter === 'context' ? '@Ctx()' : '@Kwargs()';
  throw new TaskDeclarationError(
    location,
    `has ${decorator} but no @Task(): put @Task({ name: '…' }) before the method as well.`,
  );
}

function readOptions({ tasks }: MethodMetadata, location: string): Pick<DeclaredTask, 'options' | 'factory'> {
  const [declared = {}, second] = tasks;
  if (second !== undefined) {
    throw new TaskDeclarationError(
      location,
      'has @Task() twice: a method is one task. Give the second name to a method of its own.',
    );
  }
  if (typeof declared !== 'object' || declared === null) {
    throw new TaskDeclarationError(
      location,
      `has ${describeValue(declared)} in @Task(), which takes an object of options.`,
    );
  }
  if (!('useFactory' in declared)) return { options: declared, factory: undefined };
  const extra = Object.keys(declared).find((key) => !['name', 'inject', 'useFactory'].includes(key));
  if (extra !== undefined) {
    throw new TaskDeclarationError(
      location,
      `has "${extra}" beside "useFactory" in @Task(): return it from the factory.`,
    );
  }
  return { options: declared.name === undefined ? {} : { name: declared.name }, factory: declared };
}

type Hooks = Partial<Record<TaskHookName, readonly string[]>>;

function readHooks(
  methods: ReadonlyMap<string, MethodMetadata>,
  tasks: readonly string[],
  className: string,
): ReadonlyMap<string, Hooks> {
  const found = new Map<string, Hooks>(tasks.map((task) => [task, {}]));
  for (const [method, { hooks }] of methods) {
    for (const { hook, methods: named } of hooks) {
      for (const task of named.length > 0 ? named : tasks) {
        const entry = found.get(task);
        if (!entry) throw unknownHookTarget(`${className}.${method}`, task, tasks);
        const before = entry[hook] ?? [];
        if (!before.includes(method)) entry[hook] = [...before, method];
      }
    }
  }
  return found;
}

function unknownHookTarget(location: string, task: string, tasks: readonly string[]): TaskDeclarationError {
  const nearest = nearestName(task, tasks);
  const hint = nearest === undefined ? `Tasks here are: ${tasks.join(', ') || 'none'}.` : `Did you mean "${nearest}"?`;
  return new TaskDeclarationError(
    location,
    `is a hook of "${task}", which is no method with @Task() in this class. ${hint}`,
  );
}
