import { describeValue } from './invalid-option.error.js';
import { TaskQueueError } from './task-queue.error.js';

/** A message arrived whole, but a field of it has a value no task can be run with. */
export class InvalidTaskMessage extends TaskQueueError {
  readonly code = 'TQ_INVALID_TASK_MESSAGE';

  /**
   * @param field name on the wire, such as `eta`
   * @param expected what would have been accepted, as it reads after "to be"
   */
  constructor(
    readonly field: string,
    readonly expected: string,
    readonly received: unknown,
    options?: ErrorOptions,
  ) {
    super(`Expected field "${field}" of a task message to be ${expected}, got ${describeValue(received)}.`, options);
  }
}
