import { TaskQueueError } from './task-queue.error.js';

/** The testing kit was used in a way that cannot work. */
export class TestingUsageError extends TaskQueueError {
  readonly code = 'TQ_TESTING_USAGE';
}

/** Tasks did not come to an end, however far the clock was advanced. */
export class TestingNotIdleError extends TaskQueueError {
  readonly code = 'TQ_TESTING_NOT_IDLE';

  /** @param pending what is left, a line a task */
  constructor(
    why: string,
    readonly pending: readonly string[],
  ) {
    super(`${why}\n${pending.map((line) => `  - ${line}`).join('\n')}`);
  }
}
