import { describeValue } from './invalid-option.error.js';
import { TaskQueueError } from './task-queue.error.js';

/** What was sent as a control command, or as the reply to one, cannot be read as one. */
export class InvalidControlMessageError extends TaskQueueError {
  readonly code = 'TQ_INVALID_CONTROL_MESSAGE';

  /**
   * @param field name on the wire, such as `method`; empty for the message itself
   * @param expected what would have been accepted, as it reads after "to be"
   */
  constructor(
    readonly field: string,
    readonly expected: string,
    readonly received: unknown,
    options?: ErrorOptions,
  ) {
    const subject = field === '' ? 'a control message' : `field "${field}" of a control message`;
    super(`Expected ${subject} to be ${expected}, got ${describeValue(received)}.`, options);
  }
}
