import { describeValue } from './invalid-option.error.js';
import { TaskQueueError } from './task-queue.error.js';

/** What was sent as an event of a worker or a task cannot be read as one, or an application wants to send one that nobody could read. */
export class InvalidEventError extends TaskQueueError {
  readonly code = 'TQ_INVALID_EVENT';

  /**
   * @param field name on the wire, such as `uuid`; empty for the event itself
   * @param expected what would have been accepted, as it reads after "to be"
   */
  constructor(
    readonly field: string,
    readonly expected: string,
    readonly received: unknown,
    options?: ErrorOptions,
  ) {
    const subject = field === '' ? 'an event' : `field "${field}" of an event`;
    super(`Expected ${subject} to be ${expected}, got ${describeValue(received)}.`, options);
  }
}
