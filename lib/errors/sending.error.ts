import { TaskQueueError } from './task-queue.error.js';

/** A method that is no task was asked for as one. */
export class TaskNotDeclaredError extends TaskQueueError {
  readonly code = 'TQ_TASK_NOT_DECLARED';

  /** @param nearest a method of the class that is a task and has a name like it */
  constructor(
    readonly className: string,
    readonly method: string,
    nearest?: string,
  ) {
    super(
      `Method "${method}" of class "${className}" is not a task of this application` +
        (nearest === undefined ? '.' : `; did you mean "${nearest}"?`) +
        ' Check that it is decorated with @Task() and that a module of the application provides the class.',
    );
  }
}

/** A client was used after it was closed, or closed while something waited for it. */
export class ClientClosedError extends TaskQueueError {
  readonly code = 'TQ_CLIENT_CLOSED';

  /** @param doing what cannot be done any more, such as `send task "a"` */
  constructor(doing: string, options?: ErrorOptions) {
    super(`Cannot ${doing}: the task client is closed. Do it before the application shuts down.`, options);
  }
}

/** One of the signatures of a `sendMany` that was not sent. */
export interface SendFailure {
  /** Its place among those given, from 0. */
  readonly index: number;
  readonly task: string;
  /** `undefined` where it failed before it had one. */
  readonly id: string | undefined;
  readonly error: unknown;
}

/** Some of the signatures given to `sendMany` were not sent; the others were. */
export class SendManyError extends TaskQueueError {
  readonly code = 'TQ_SEND_MANY';

  constructor(
    /** How many were confirmed. */
    readonly sentCount: number,
    /** How many were not. Those after a batch that the broker refused were never looked at and are not counted. */
    readonly failedCount: number,
    /** Which were not, and why; the first 1000. */
    readonly failures: readonly SendFailure[],
    /** The ids in the order of the signatures, `undefined` for one that failed; only where they were given as an array. */
    readonly ids: readonly (string | undefined)[] | undefined,
    options?: ErrorOptions,
  ) {
    const [first] = failures;
    super(
      `${failedCount} of ${sentCount + failedCount} tasks could not be sent` +
        (first === undefined
          ? '.'
          : `; the first is number ${first.index}, task "${first.task}": ${textOf(first.error)}`),
      options,
    );
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
