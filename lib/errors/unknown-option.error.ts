import { TaskQueueError } from './task-queue.error.js';

/** An option has a name this library does not know; it is refused, never ignored. */
export class UnknownOptionError extends TaskQueueError {
  readonly code = 'TQ_UNKNOWN_OPTION';

  /**
   * @param option path of the option, such as `worker.concurency`
   * @param nearest the known name it is most like, if any is near
   * @param known all names that could have stood there
   */
  constructor(
    readonly option: string,
    readonly nearest: string | undefined,
    known: readonly string[],
  ) {
    super(
      `Unknown option "${option}"` +
        (nearest === undefined ? `. Known here are: ${known.join(', ')}.` : `; did you mean "${nearest}"?`),
    );
  }
}
