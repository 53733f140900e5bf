import type { Clock } from '../time/index.js';

const HORIZON_MS = 50;
const MOST = 64;
const ENOUGH_RUNS = 8;
const PAUSE_MS = 10_000;
/** Weight of the newest run in the moving mean. */
const WEIGHT = 0.1;

/** How long tasks take where they come from. */
export interface Paces {
  /** @param pool the one that the task asks for */
  recordRun(queue: string, runtimeMs: number, pool: string | undefined): void;
  /** Something taken from there was held up. */
  pause(queue: string, pool: string | undefined): void;
}

interface QueuePace {
  runs: number;
  meanMs: number;
  pausedUntil: number;
}

/**
 * How many messages a worker takes beyond its free slots: what is expected to start within 50 ms, at most 64, from a moving mean
 * of run times. A take of 64 is right for tasks of microseconds and wrong for tasks of seconds, so a queue has none
 * until 8 of its tasks were seen, and none for 10 s after it was found to be held up.
 */
export class LookAhead implements Paces {
  private readonly paces = new Map<string, QueuePace>();

  constructor(
    private readonly slots: () => number,
    private readonly clock: Clock,
  ) {}

  /** For a take that may bring messages of any of the queues: that of the slowest queue seen so far. */
  current(): number {
    if (this.paces.size === 0) return 0;
    const now = this.clock.monotonic();
    let smallest = MOST;
    for (const pace of this.paces.values()) {
      smallest = Math.min(smallest, this.of(pace, now));
    }
    return smallest;
  }

  recordRun(queue: string, runtimeMs: number): void {
    const pace = this.paceOf(queue);
    pace.runs += 1;
    const weight = Math.max(WEIGHT, 1 / pace.runs);
    pace.meanMs += (runtimeMs - pace.meanMs) * weight;
  }

  /** None for this queue for a while: something taken from it was held up. */
  pause(queue: string): void {
    this.paceOf(queue).pausedUntil = this.clock.monotonic() + PAUSE_MS;
  }

  private of(pace: QueuePace, now: number): number {
    if (pace.runs < ENOUGH_RUNS || pace.pausedUntil > now) return 0;
    return Math.min(MOST, Math.floor((this.slots() * HORIZON_MS) / Math.max(pace.meanMs, 0.01)));
  }

  private paceOf(queue: string): QueuePace {
    let pace = this.paces.get(queue);
    if (pace === undefined) {
      pace = { runs: 0, meanMs: 0, pausedUntil: -Infinity };
      this.paces.set(queue, pace);
    }
    return pace;
  }
}
