import { describeValue } from './invalid-option.error.js';
import { TaskQueueError } from './task-queue.error.js';

/** A crontab, or one field of it, cannot be read or can never be due. Thrown where the crontab is written. */
export class InvalidCrontabError extends TaskQueueError {
  readonly code = 'TQ_INVALID_CRONTAB';

  /**
   * @param field the field at fault, such as `dayOfWeek`; `undefined` for the crontab as a whole
   * @param received the value that was given
   * @param problem what is wrong with it, a clause such as `7 is above 6`
   * @param accepted what would have been accepted, as it reads after "Expected"
   */
  constructor(
    readonly field: string | undefined,
    readonly received: unknown,
    readonly problem: string,
    readonly accepted: string,
    options?: ErrorOptions,
  ) {
    const subject = field === undefined ? 'Crontab' : `Crontab field "${field}"`;
    super(`${subject} cannot be ${describeValue(received)}: ${problem}. Expected ${accepted}.`, options);
  }
}
