import { TaskQueueError } from './task-queue.error.js';
import type { WireClass } from './wire-class.js';

/** A task was sent other arguments than its method takes. Python sees the `TypeError` that one of its own tasks would raise. */
export class TaskArgumentsError extends TaskQueueError {
  static readonly wire: WireClass = { type: 'TypeError', module: 'builtins' };
  readonly code = 'TQ_TASK_ARGUMENTS';

  /** @param problem as it reads after the task's name, such as `takes 1 argument but 2 were given` */
  constructor(
    readonly taskName: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${taskName}() ${problem}`, options);
  }
}
