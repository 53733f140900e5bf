import { TaskQueueError } from './task-queue.error.js';
import { firstText, type WireClass } from './wire-class.js';

const MODULE = 'billiard.exceptions';

/** A task ran into its hard time limit and its process was killed. */
export class TimeLimitExceeded extends TaskQueueError {
  static readonly wire: WireClass<TimeLimitExceeded> = {
    type: 'TimeLimitExceeded',
    module: MODULE,
    args: (error) => (error.timeLimitMs === undefined ? [] : [error.timeLimitMs / 1_000]),
    from: ([seconds]) => new TimeLimitExceeded(typeof seconds === 'number' ? seconds * 1_000 : undefined),
  };
  readonly code = 'TQ_TIME_LIMIT_EXCEEDED';

  constructor(
    readonly timeLimitMs: number | undefined,
    options?: ErrorOptions,
  ) {
    super(
      `The task ran longer than its time limit${seconds(timeLimitMs)}. Raise "timeLimit" or make the task shorter.`,
      options,
    );
  }
}

/** A task ran into its soft time limit; the reason its `ctx.signal` aborts with. */
export class SoftTimeLimitExceeded extends TaskQueueError {
  static readonly wire: WireClass<SoftTimeLimitExceeded> = {
    type: 'SoftTimeLimitExceeded',
    module: MODULE,
    args: (error) => (error.softTimeLimitMs === undefined ? [] : [error.softTimeLimitMs / 1_000]),
    from: ([limit]) => new SoftTimeLimitExceeded(typeof limit === 'number' ? limit * 1_000 : undefined),
  };
  readonly code = 'TQ_SOFT_TIME_LIMIT_EXCEEDED';

  constructor(
    readonly softTimeLimitMs: number | undefined,
    options?: ErrorOptions,
  ) {
    super(`The task ran longer than its soft time limit${seconds(softTimeLimitMs)}.`, options);
  }
}

/** The process that ran a task ended before the task did. */
export class WorkerLostError extends TaskQueueError {
  static readonly wire: WireClass<WorkerLostError> = {
    type: 'WorkerLostError',
    module: MODULE,
    from: (args) => new WorkerLostError(firstText(args, 'Worker exited prematurely.')),
  };
  readonly code = 'TQ_WORKER_LOST';
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '' : ` of ${ms / 1_000} s`;
}
