import { signaturesOf, type SignatureMaker } from '../canvas/index.js';
import type { SentArgs, TaskResult } from '../tasks/index.js';
import type { AsyncResult } from './async-result.js';
import type { ApplyAsyncOptions } from './send-options.js';

/** One task, to be sent: `Args` are the arguments that are sent, `Result` is what it returns. */
export interface TaskHandle<Args extends readonly unknown[], Result> extends SignatureMaker<Args, Result> {
  /** Name on the wire. */
  readonly name: string;
  /**
   * Sends it. Resolves when the broker has confirmed the message.
   * @throws {PayloadValidationError} when the arguments are refused by the task's schema or pipes; nothing was published then
   * @throws {EncodeError} naming the argument that cannot be sent
   * @throws {BrokerUnavailableError} when the broker cannot be reached
   */
  delay(...args: Args): Promise<AsyncResult<Result>>;
  /** Sends it with options; throws as `delay` does. With `kwargs`, positional arguments may be left out. */
  applyAsync(args: Args, options?: ApplyAsyncOptions<Result>): Promise<AsyncResult<Result>>;
  applyAsync(
    args: Partial<Args>,
    options: ApplyAsyncOptions<Result> & { readonly kwargs: Readonly<Record<string, unknown>> },
  ): Promise<AsyncResult<Result>>;
}

/** The tasks of a class, by method. A method without `@Task()` looks like one to the compiler; asking for it throws. */
export type TasksOf<T> = {
  readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends (
    ...args: infer P
  ) => infer R
    ? TaskHandle<SentArgs<P>, TaskResult<R>>
    : never;
};

type AnyHandle = TaskHandle<readonly unknown[], unknown>;

/** @param send sends it with these arguments */
export function taskHandle(
  name: string,
  send: (args: readonly unknown[], options?: ApplyAsyncOptions) => Promise<AsyncResult<unknown>>,
): AnyHandle {
  const { s, si } = signaturesOf<readonly unknown[]>(name);
  return {
    name,
    delay: (...args: readonly unknown[]) => send(args),
    applyAsync: (args: readonly unknown[], options?: ApplyAsyncOptions<unknown>) =>
      send(args, options as ApplyAsyncOptions),
    s,
    si,
  } as AnyHandle;
}
