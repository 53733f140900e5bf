import { TaskQueueError } from './task-queue.error.js';

/** A guard, interceptor, pipe or filter of a task is given as a class that Nest made no instance of, so it would silently not run. */
export class UnusableEnhancerError extends TaskQueueError {
  readonly code = 'TQ_UNUSABLE_ENHANCER';

  /** @param location the task's method, as `Class.method` */
  constructor(
    readonly enhancer: string,
    readonly location: string,
  ) {
    super(
      `"${enhancer}" on ${location} cannot run: Nest makes such classes only for providers that a module lists by their class. ` +
        'List the class itself among the providers instead of a factory, a value or another token, or give the decorator an instance.',
    );
  }
}
