import { TaskQueueError } from './task-queue.error.js';
import { firstText, type WireClass } from './wire-class.js';

const MODULE = 'celery.exceptions';

/** What a retry changes of the message it sends; all of it is optional. Durations are milliseconds, or a text with a unit. */
export interface RetryChanges {
  /** Wait before the next run. @defaultValue the task's `defaultRetryDelay` */
  readonly countdown?: number | string;
  readonly eta?: Date;
  /** Other arguments for the next run. @defaultValue those of this run */
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** @defaultValue the task's `maxRetries`; `null` for ever */
  readonly maxRetries?: number | null;
  /** What made it necessary; the task fails with it when no retry is left. */
  readonly error?: unknown;
  readonly queue?: string;
  readonly priority?: number;
  readonly timeLimit?: number | string;
  readonly softTimeLimit?: number | string;
}

/** Ends a run and has the task sent again: what `ctx.retry()` throws, and what a task may throw itself. Control flow, not a failure. */
export class Retry extends TaskQueueError {
  static readonly wire: WireClass<Retry> = {
    type: 'Retry',
    module: MODULE,
    from: (args) => new Retry({}, firstText(args, 'The task asks to be run again.')),
  };
  readonly code = 'TQ_RETRY';

  constructor(
    readonly changes: RetryChanges = {},
    message = 'The task asks to be run again.',
  ) {
    super(message, changes.error === undefined ? undefined : { cause: changes.error });
  }
}

/** Ends a run without a result: the message is done with, nothing is stored. Control flow, not a failure. */
export class Ignore extends TaskQueueError {
  static readonly wire: WireClass<Ignore> = {
    type: 'Ignore',
    module: MODULE,
    from: (args) => new Ignore(firstText(args, '')),
  };
  readonly code = 'TQ_IGNORE';

  constructor(reason = 'The task asks to be forgotten.') {
    super(reason);
  }
}

/** Ends a run and refuses the message: it is dead-lettered, or given back to its queue. Control flow, not a failure. */
export class Reject extends TaskQueueError {
  static readonly wire: WireClass<Reject> = {
    type: 'Reject',
    module: MODULE,
    args: (error) => [error.message, error.requeue],
    from: (args) => new Reject(firstText(args, 'rejected'), { requeue: args[1] === true }),
  };
  readonly code = 'TQ_REJECT';
  /** Back to the queue instead of dead-lettered. */
  readonly requeue: boolean;

  constructor(reason = 'The task refuses its message.', { requeue = false }: { readonly requeue?: boolean } = {}) {
    super(reason);
    this.requeue = requeue;
  }
}

/** Something that is sent in the place of a task: a signature. */
export interface Replacement {
  toMap(toWire: (priority: number) => number): object;
}

/** Ends a run and has another task, or a workflow, give its result: what `ctx.replace()` throws. Control flow, not a failure. */
export class Replace extends TaskQueueError {
  readonly code = 'TQ_REPLACE';

  constructor(readonly replacement: Replacement) {
    super('The task asks to be replaced.');
  }
}
