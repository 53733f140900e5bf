import type { MixablePool, PoolAlias, RateLimit, ResolvedRateLimit } from '../options/index.js';
import type { Duration } from '../time/index.js';

/** A class, or any function errors are told by with `instanceof`. */
export type ErrorClass = abstract new (...args: never[]) => unknown;

/** The part of a Standard Schema that is used; zod, valibot and arktype objects have it. @source standardschema.dev v1 */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardSchemaResult | Promise<StandardSchemaResult>;
  };
}

export type StandardSchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
      }[];
    };

/**
 * Options of one task, for `@Task()`; those without an own default take the module's `tasks` options, then Celery's default.
 * Durations are milliseconds, or a string with a unit such as `'30s'`.
 */
export interface TaskOptions {
  /** Name on the wire. Give one: a renamed method must not change it. @defaultValue `Class.method` */
  readonly name?: string;
  /** Queue it is sent to. @defaultValue `tasks.defaultQueue`, `'celery'` */
  readonly queue?: string;
  /**
   * Pool that its bodies run in, of a worker that has several; a worker that takes from its queue and lacks that pool does not start. @defaultValue the worker's first one
   */
  readonly pool?: MixablePool | PoolAlias;
  /** 0 to 9, higher is more urgent. @defaultValue `tasks.defaultPriority`, none */
  readonly priority?: number;
  /** How often it may be retried after the first run; `null` for ever. @defaultValue 3 */
  readonly maxRetries?: number | null;
  /** Wait before a retry that names none. @defaultValue '180s' */
  readonly defaultRetryDelay?: Duration;
  /** Errors that are retried by themselves. @defaultValue none */
  readonly autoretryFor?: readonly ErrorClass[];
  /** Errors that are not, although `autoretryFor` has a class they inherit from. */
  readonly dontAutoretryFor?: readonly ErrorClass[];
  /** Exponential wait between automatic retries: `true` starts at one second, a duration at that. @defaultValue false */
  readonly retryBackoff?: boolean | Duration;
  /** Longest wait of the back-off. @defaultValue '600s' */
  readonly retryBackoffMax?: Duration;
  /** Spreads the wait of the back-off over 0 to its length. @defaultValue true */
  readonly retryJitter?: boolean;
  /** Stores no result. @defaultValue false */
  readonly ignoreResult?: boolean;
  /** Stores failures although results are ignored. @defaultValue false */
  readonly storeErrorsEvenIfIgnored?: boolean;
  /** Stores STARTED when the body begins. @defaultValue false */
  readonly trackStarted?: boolean;
  /** Acknowledges after the outcome is stored; `false` before the body starts, as Celery does by default. @defaultValue true */
  readonly acksLate?: boolean;
  /** Whether a failed one is done with; `false` dead-letters it. @defaultValue true */
  readonly acksOnFailure?: boolean;
  /** Whether one that ran into its hard limit is done with; `false` gives it back to the queue. @defaultValue true */
  readonly acksOnTimeout?: boolean;
  /** Kills the process or thread that runs it; `null` for no limit. @defaultValue `tasks.timeLimit`, none */
  readonly timeLimit?: Duration | null;
  /** Aborts `ctx.signal` with `SoftTimeLimitExceeded`; `null` for no limit. Less than `timeLimit`. @defaultValue `tasks.softTimeLimit`, none */
  readonly softTimeLimit?: Duration | null;
  /**
   * How many of them may begin in a time: `'10/s'`, `'100/m'`, `'5/h'` or so many a second, in each worker as in Celery; `{ limit, scope: 'cluster' }` in all workers of the broker
   * together. Those that wait take no slot, and hold up no other task. `null` for no limit. @defaultValue `tasks.defaultRateLimit`, none
   */
  readonly rateLimit?: RateLimit | null;
  /** Not run later than this after it was sent. @defaultValue none */
  readonly expires?: Duration;
  /** Errors that are part of the task's contract: stored as any, logged without a stack. */
  readonly throws?: readonly ErrorClass[];
  /** Checks the arguments before sending and before running: one for the first argument, or one for each. */
  readonly schema?: StandardSchema | readonly (StandardSchema | undefined)[];
  /** Checks the result before it is stored. */
  readonly resultSchema?: StandardSchema;
  /**
   * Names of the parameters that are sent, in order, for builds that minify them and for parameters that are taken apart in
   * the signature; how a Python caller's keyword arguments are matched. `'note?'` may be left out by senders that no TypeScript compiler checks.
   * @defaultValue as they stand in the method
   */
  readonly params?: readonly string[];
  /** Whether monitors are told of it, where a worker sends events. @defaultValue true */
  readonly sendEvents?: boolean;
  /** Whether guards, interceptors, pipes and filters registered for the whole application run too. @defaultValue `tasks.globalEnhancers`, true */
  readonly globalEnhancers?: boolean;
}

/** Options for all tasks of a class, for `@TaskDefaults()`. */
export interface TaskDefaultsOptions extends Omit<TaskOptions, 'name' | 'params' | 'schema' | 'resultSchema'> {
  /** Put before the name of each task of the class, as it is: `'billing.'` makes `billing.send_invoice` of `send_invoice`. */
  readonly namePrefix?: string;
}

/** Options made when the application starts, from providers it has. */
export interface TaskOptionsFactory<O> {
  /** Providers handed to `useFactory`, in order. */
  readonly inject?: readonly unknown[];
  readonly useFactory: (...providers: never[]) => O | Promise<O>;
}

/** `@Task()` with options from a factory; `name` may stand beside it, so that it can be read without an application. */
export interface TaskFactoryOptions extends TaskOptionsFactory<TaskOptions> {
  readonly name?: string;
}

/** Task options with every default in place; durations in milliseconds. */
export interface ResolvedTaskOptions {
  readonly name: string;
  readonly queue: string | undefined;
  readonly pool: MixablePool | undefined;
  readonly priority: number | undefined;
  readonly maxRetries: number | null;
  readonly defaultRetryDelayMs: number;
  readonly autoretryFor: readonly ErrorClass[];
  readonly dontAutoretryFor: readonly ErrorClass[];
  /** First wait of the back-off; `undefined` without back-off. */
  readonly retryBackoffMs: number | undefined;
  readonly retryBackoffMaxMs: number;
  readonly retryJitter: boolean;
  readonly ignoreResult: boolean;
  readonly storeErrorsEvenIfIgnored: boolean;
  readonly trackStarted: boolean;
  readonly acksLate: boolean;
  readonly acksOnFailure: boolean;
  readonly acksOnTimeout: boolean;
  readonly timeLimitMs: number | undefined;
  readonly softTimeLimitMs: number | undefined;
  readonly rateLimit: ResolvedRateLimit | undefined;
  readonly expiresMs: number | undefined;
  readonly throws: readonly ErrorClass[];
  readonly schema: readonly (StandardSchema | undefined)[];
  readonly resultSchema: StandardSchema | undefined;
  readonly params: readonly string[] | undefined;
  readonly sendEvents: boolean;
  readonly globalEnhancers: boolean;
}
