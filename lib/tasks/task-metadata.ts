import { TaskDeclarationError } from '../errors/index.js';
import type { Schedule } from '../schedules/index.js';
import type { ScheduleEntryOptions, ScheduleFactory } from './schedule-options.interface.js';
import type { TaskHookName } from './task-definition.js';
import type { TaskDefaultsOptions, TaskFactoryOptions, TaskOptions } from './task-options.interface.js';

/** Stable, so that the ESM and the CommonJS copy of this library read each other's decorators. */
const METADATA = Symbol.for('nest-task-queue:tasks');

/** What decorators recorded about one method; each list in the order in which it reads in the source. */
export interface MethodMetadata {
  readonly tasks: (TaskOptions | TaskFactoryOptions)[];
  readonly schedules: { readonly when: Schedule | ScheduleFactory; readonly entry: ScheduleEntryOptions }[];
  readonly hooks: { readonly hook: TaskHookName; readonly methods: readonly string[] }[];
  readonly parameters: Map<number, 'context' | 'kwargs'>;
}

interface ClassMetadata {
  readonly methods: Map<string, MethodMetadata>;
  defaults: TaskDefaultsOptions | undefined;
}

/** Where decorators of a class record: on its prototype, by method name, so that one that replaces the function loses nothing. */
function ownMetadata(target: object): ClassMetadata {
  const existing = findOwn(target);
  if (existing) return existing;
  const created: ClassMetadata = { methods: new Map(), defaults: undefined };
  Object.defineProperty(target, METADATA, { value: created });
  return created;
}

function findOwn(target: object): ClassMetadata | undefined {
  return Object.getOwnPropertyDescriptor(target, METADATA)?.value as ClassMetadata | undefined;
}

/**
 * The record of a method, for decorators to add to.
 * @throws {TaskDeclarationError} where a compiler called the decorator in the way of ECMAScript, in which no metadata of Nest work either
 */
export function recordMethod(target: object, method: string | symbol): MethodMetadata {
  refuseStandardDecorators(target, method);
  const { methods } = ownMetadata(target);
  const name = String(method);
  const existing = methods.get(name);
  if (existing) return existing;
  const created: MethodMetadata = { tasks: [], schedules: [], hooks: [], parameters: new Map() };
  methods.set(name, created);
  return created;
}

/** ECMAScript's own decorators get the method and an object about it. */
function refuseStandardDecorators(target: unknown, context: unknown): void {
  if (typeof context !== 'object' || context === null) return;
  const { name } = context as { readonly name?: unknown };
  throw new TaskDeclarationError(
    `Method "${String(name ?? (target as { readonly name?: unknown } | undefined)?.name)}"`,
    'has a decorator of a task, but was compiled without "experimentalDecorators". Set it and "emitDecoratorMetadata" to true in the ' +
      'compilerOptions of tsconfig.json, as all of Nest needs them, and see that this file is compiled with it.',
  );
}

export function recordDefaults(prototype: object, defaults: TaskDefaultsOptions): void {
  ownMetadata(prototype).defaults = defaults;
}

/** Whether decorators were put on the class itself: on static methods, which nothing reads. */
export function staticMethods(constructor: object): readonly string[] {
  return [...(findOwn(constructor)?.methods.keys() ?? [])];
}

/**
 * What was recorded on a prototype and on those it inherits from. A method that is overridden keeps each kind of decorator
 * (task, schedules, hooks, parameters) that the override does not have itself.
 */
export function readMetadata(prototype: object): {
  readonly methods: ReadonlyMap<string, MethodMetadata>;
  readonly defaults: TaskDefaultsOptions;
} {
  const methods = new Map<string, MethodMetadata>();
  let defaults: TaskDefaultsOptions = {};
  for (const own of metadataFromBase(prototype)) {
    for (const [name, method] of own.methods) methods.set(name, override(methods.get(name), method));
    defaults = { ...defaults, ...own.defaults };
  }
  return { methods, defaults };
}

function metadataFromBase(prototype: object): ClassMetadata[] {
  const chain: ClassMetadata[] = [];
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const own = findOwn(at);
    if (own) chain.unshift(own);
  }
  return chain;
}

function override(inherited: MethodMetadata | undefined, own: MethodMetadata): MethodMetadata {
  if (!inherited) return own;
  return {
    tasks: own.tasks.length > 0 ? own.tasks : inherited.tasks,
    schedules: own.schedules.length > 0 ? own.schedules : inherited.schedules,
    hooks: own.hooks.length > 0 ? own.hooks : inherited.hooks,
    parameters: own.parameters.size > 0 ? own.parameters : inherited.parameters,
  };
}
