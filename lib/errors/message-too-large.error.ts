import { TaskQueueError } from './task-queue.error.js';
import type { WireClass } from './wire-class.js';

/** A message takes more bytes than one may: it was not sent, or not read. Python sees a `ValueError`. */
export class MessageTooLargeError extends TaskQueueError {
  static readonly wire: WireClass = { type: 'ValueError', module: 'builtins' };
  readonly code = 'TQ_MESSAGE_TOO_LARGE';

  /**
   * @param what such as `The message of task "a"`
   * @param limitName what sets the limit
   */
  constructor(
    what: string,
    readonly bytes: number,
    readonly limit: number,
    limitName = '"serialization.maxMessageBytes"',
  ) {
    super(
      `${what} takes ${bytes} bytes, more than the ${limit} of ${limitName}. ` +
        'Keep the data elsewhere, such as in a database or an object store, and send where they are.',
    );
  }
}
