import type { FilledByKwargs, IsAny, IsKwargs } from './sent-types.js';
import type { TaskContext } from './task-context.js';
import { recordMethod } from './task-metadata.js';

/** The type of a method's parameter, by its index; `never` for what is not a method. */
type ParameterOf<M, I extends number> = M extends (...args: infer A) => unknown ? A[I] : never;

type ContextAt<M, I extends number> =
  IsAny<ParameterOf<M, I>> extends true
    ? 'type the parameter of @Ctx() as TaskContext, not any: senders would be asked for it'
    : [NonNullable<ParameterOf<M, I>>] extends [TaskContext]
      ? I
      : 'type the parameter of @Ctx() as TaskContext';

type KwargsAt<M, I extends number> =
  IsKwargs<ParameterOf<M, I>> extends true ? I : 'type the parameter of @Kwargs() as Kwargs<…>';

/**
 * Fills a parameter of a task with its `TaskContext`; senders are not asked for it. A parameter of another type does not
 * compile. Methods with it are public.
 */
export function Ctx(): <T extends object, K extends keyof T & string, I extends number>(
  target: T,
  method: K,
  index: ContextAt<T[K], I>,
) => void {
  return (target, method, index) => {
    recordMethod(target, method).parameters.set(index as number, 'context');
  };
}

/** Type of a parameter of `@Kwargs()`: what keyword arguments it expects, or a record of any. */
export type Kwargs<T extends object = Record<string, unknown>> = FilledByKwargs<T>;

/**
 * Fills a parameter of a task, typed `Kwargs<…>`, with an object of the keyword arguments that no other parameter is named for.
 * Without it a keyword argument nobody takes fails the task.
 */
export function Kwargs(): <T extends object, K extends keyof T & string, I extends number>(
  target: T,
  method: K,
  index: KwargsAt<T[K], I>,
) => void {
  return (target, method, index) => {
    recordMethod(target, method).parameters.set(index as number, 'kwargs');
  };
}
