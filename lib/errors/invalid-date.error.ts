import { describeValue } from './invalid-option.error.js';
import { TaskQueueError } from './task-queue.error.js';

/** A date is not one that the wire can carry: a text that is not ISO 8601, or a moment outside the years 1 to 9999. */
export class InvalidDateError extends TaskQueueError {
  readonly code = 'TQ_INVALID_DATE';

  /**
   * @param received the text or the number that was given
   * @param expected what would have been accepted, as it reads after "Expected"
   */
  constructor(
    readonly received: unknown,
    readonly expected: string,
    options?: ErrorOptions,
  ) {
    super(`Expected ${expected}, got ${describeValue(received)}.`, options);
  }
}
