import { describeValue } from './invalid-option.error.js';
import { TaskQueueError } from './task-queue.error.js';

/** A signature cannot be read or made: a field of it has a value that no task can be sent with. */
export class InvalidSignatureError extends TaskQueueError {
  readonly code = 'TQ_INVALID_SIGNATURE';

  /**
   * @param field of the signature map, such as `args` or `options.countdown`
   * @param expected what would have been accepted, as it reads after "to be"
   */
  constructor(
    readonly field: string,
    expected: string,
    readonly received: unknown,
    options?: ErrorOptions,
  ) {
    super(`Expected "${field}" of a signature to be ${expected}, got ${describeValue(received)}.`, options);
  }
}
