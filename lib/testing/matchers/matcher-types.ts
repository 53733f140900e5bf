import type { TaskHandle } from '../../client/index.js';
import type { Duration } from '../../time/index.js';
import type { ArgsOf, MethodOf, TaskClass } from '../task-reference.js';

/** Such as `expect.any(String)`, in Vitest and Jest alike. */
export interface AsymmetricMatch {
  asymmetricMatch(other: unknown): boolean;
}

/** A value, or asymmetric matchers anywhere in it. */
export type Expected<T> =
  | AsymmetricMatch
  | (T extends Date | Uint8Array | bigint | string | number | boolean | symbol | null | undefined
      ? T
      : T extends (...args: never[]) => unknown
        ? T
        : { readonly [K in keyof T]: Expected<T[K]> });

/** Arguments, each of which may be an asymmetric matcher or have one in it. */
export type ExpectedArgs<Args extends readonly unknown[]> = { readonly [I in keyof Args]: Expected<Args[I]> };

/** How a task is expected to have been sent; what is left out may be anything. */
export interface ExpectedSending {
  readonly taskId?: string | AsymmetricMatch;
  readonly queue?: string | AsymmetricMatch;
  /** From its sending to its eta; `0` for none. */
  readonly countdown?: Duration | AsymmetricMatch;
  readonly eta?: Date | AsymmetricMatch;
  /** A moment, or how long after its sending. */
  readonly expires?: Date | Duration | AsymmetricMatch;
  readonly priority?: number | AsymmetricMatch;
  readonly ignoreResult?: boolean;
  readonly timeLimit?: Duration | AsymmetricMatch;
  readonly softTimeLimit?: Duration | AsymmetricMatch;
  readonly kwargs?: Readonly<Record<string, unknown>> | AsymmetricMatch;
  /** These, and any others. */
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Id of the task that sent it. */
  readonly parentId?: string | AsymmetricMatch;
  /** Name of the `TaskQueueModule` instance. */
  readonly instance?: string;
}

/** How a task is expected to have been given up. */
export interface ExpectedDeath {
  readonly reason?: string | AsymmetricMatch;
  readonly error?: string | AsymmetricMatch;
  readonly queue?: string | AsymmetricMatch;
  readonly kwargs?: Readonly<Record<string, unknown>> | AsymmetricMatch;
  readonly instance?: string;
}

/** A task's handle, as far as its arguments can be read from it. */
type Handle<Args extends readonly unknown[]> = Pick<TaskHandle<Args, never>, 'name'> & {
  delay(...args: Args): Promise<unknown>;
};

/**
 * The matchers that `taskQueueMatchers` adds to `expect(testing)`. A task is named by its class and method, its handle or its name; arguments are
 * compared as `toEqual` does, as the task gets them.
 */
export interface TaskQueueMatchers<R = unknown> {
  /** Some task like this was sent. */
  toHaveEnqueued<T extends object, K extends MethodOf<T>>(
    task: readonly [TaskClass<T>, K],
    args?: ExpectedArgs<ArgsOf<T, K>> | AsymmetricMatch,
    sending?: ExpectedSending,
  ): R;
  toHaveEnqueued<Args extends readonly unknown[]>(
    task: Handle<Args>,
    args?: ExpectedArgs<Args> | AsymmetricMatch,
    sending?: ExpectedSending,
  ): R;
  toHaveEnqueued(task: string, args?: readonly unknown[] | AsymmetricMatch, sending?: ExpectedSending): R;

  /** So many tasks like this were sent; a retry is the same task and not counted again. */
  toHaveEnqueuedTimes<T extends object, K extends MethodOf<T>>(
    task: readonly [TaskClass<T>, K],
    times: number,
    args?: ExpectedArgs<ArgsOf<T, K>> | AsymmetricMatch,
    sending?: ExpectedSending,
  ): R;
  toHaveEnqueuedTimes<Args extends readonly unknown[]>(
    task: Handle<Args>,
    times: number,
    args?: ExpectedArgs<Args> | AsymmetricMatch,
    sending?: ExpectedSending,
  ): R;
  toHaveEnqueuedTimes(
    task: string,
    times: number,
    args?: readonly unknown[] | AsymmetricMatch,
    sending?: ExpectedSending,
  ): R;

  /** Some task like this was given up, and is among the dead letters. */
  toHaveDeadLettered<T extends object, K extends MethodOf<T>>(
    task: readonly [TaskClass<T>, K],
    args?: ExpectedArgs<ArgsOf<T, K>> | AsymmetricMatch,
    death?: ExpectedDeath,
  ): R;
  toHaveDeadLettered<Args extends readonly unknown[]>(
    task: Handle<Args>,
    args?: ExpectedArgs<Args> | AsymmetricMatch,
    death?: ExpectedDeath,
  ): R;
  toHaveDeadLettered(task: string, args?: readonly unknown[] | AsymmetricMatch, death?: ExpectedDeath): R;
}
