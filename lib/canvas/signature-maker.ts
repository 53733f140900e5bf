import type { SignatureParts } from './signature-parts.js';
import { Signature } from './signature.js';
import type { MissingArgs, PartialArgs } from './signature-types.js';

/** Makes signatures of one task that takes `Args` and returns `Out`. */
export interface SignatureMaker<Args extends readonly unknown[], Out> {
  /**
   * A signature with all of its arguments, or with the last ones: what it is linked to, or called with, puts its own before them.
   * @source celery/app/task.py `Task.s`
   */
  s<const Given extends PartialArgs<Args>>(...given: Given): Signature<MissingArgs<Args, Given>, Out>;
  /** A signature with all of its arguments, which takes no further ones, such as the result of what it is linked to. */
  si(...args: Args): Signature<readonly unknown[], Out>;
}

/** Signatures of a task whose arguments a compiler knows. */
export function signaturesOf<Args extends readonly unknown[] = readonly unknown[], Out = unknown>(
  task: string,
): SignatureMaker<Args, Out> {
  return {
    s: (...args) => Signature.of({ task, args, isTyped: true }),
    si: (...args) => Signature.of({ task, args, isTyped: true, immutable: true }),
  };
}

/**
 * A signature of a task by its name, of Python's for one: `signature('proj.add', [1, 2], { options: { countdown: '10s' } })`.
 * @throws {InvalidSignatureError | InvalidOptionError | UnknownOptionError}
 */
export function signature<Out = unknown>(
  task: string,
  args: readonly unknown[] = [],
  more: Omit<SignatureParts, 'task' | 'args' | 'isTyped'> = {},
): Signature<readonly unknown[], Out> {
  return Signature.of({ ...more, task, args });
}
