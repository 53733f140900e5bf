import { TaskQueueError } from './task-queue.error.js';

/** Under a virtual clock, work went on without end while time stood still, so the next timer could not be reached. */
export class VirtualTimeStuckError extends TaskQueueError {
  readonly code = 'TQ_VIRTUAL_TIME_STUCK';

  /** @param activity what never ended, a clause such as `timers without a delay set one another 100000 times` */
  constructor(readonly activity: string) {
    super(
      `Virtual time cannot go on: ${activity}.` +
        ' Let loops wait on the clock (sleep, setTimer) instead of setImmediate, or with a delay above 0.',
    );
  }
}
