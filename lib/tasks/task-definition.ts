import type { TaskContext } from './task-context.js';
import type { ResolvedTaskOptions } from './task-options.interface.js';

/** What one parameter of a task's method gets. */
export type TaskParameter =
  /** A sent argument; `name` is `undefined` where it cannot be read, `optional` tells of a default value or a `?` in `params`. */
  | { readonly kind: 'sent'; readonly name: string | undefined; readonly optional: boolean }
  /** `...rest` of the sent arguments. */
  | { readonly kind: 'rest'; readonly name: string | undefined }
  /** `@Ctx()`. One that is typed so and not decorated is an error at start, where the compiler writes types down. */
  | { readonly kind: 'context' }
  /** `@Kwargs()`: keyword arguments no parameter is named for. */
  | { readonly kind: 'kwargs' }
  /** Filled by the user's own parameter decorator. */
  | { readonly kind: 'injected' };

/** A task that a provider of this application declares, with its options resolved. */
export interface TaskDefinition {
  readonly name: string;
  /** For errors and logs: `Class.method`. */
  readonly location: string;
  readonly options: ResolvedTaskOptions;
  readonly parameters: readonly TaskParameter[];
  /**
   * Refuses arguments that the task's schema or pipes refuse. Runs in the sender, before anything is published.
   * Arguments are the sent ones, in order. Absent where nothing checks them.
   * @throws {PayloadValidationError}
   */
  readonly validate?: (args: readonly unknown[]) => Promise<void>;
}

/** When a task hook runs. `afterReturn` follows each of the others. */
export type TaskHookName = 'beforeStart' | 'onSuccess' | 'onFailure' | 'onRetry' | 'afterReturn';

/** What a task hook is told. */
export interface TaskHookEvent {
  readonly context: TaskContext;
  /** State the run ended in; `STARTED` for `beforeStart`. */
  readonly state: string;
  readonly result: unknown;
  readonly error: unknown;
}

/** A definition that can run here. */
export interface RunnableTask extends TaskDefinition {
  /**
   * Calls the method with its bound arguments (one for each parameter; placeholders for injected ones) through its enhancers, if any.
   * Returns what the body returned; where that is a promise whose value is an Observable, its last value is what counts. Throws what the body threw.
   */
  readonly invoke: (args: unknown[], context: TaskContext) => unknown;
  readonly hooks: Readonly<Partial<Record<TaskHookName, readonly ((event: TaskHookEvent) => unknown)[]>>>;
}

/** All definitions of one application, by name and by class and method. */
export interface TaskCatalog {
  get(name: string): TaskDefinition | undefined;
  /** By the method of a class that declares it. */
  find(target: abstract new (...args: never[]) => unknown, method: string): TaskDefinition | undefined;
  names(): readonly string[];
}
