import type { OutgoingMessage } from '../protocol/index.js';
import { dueTick, type Schedule } from '../schedules/index.js';
import type { Clock, Timer } from '../time/index.js';

/** One thing to send over and over. */
export interface BeatEntry {
  /** Unique in its application and equal in all its processes: with the tick's time it is the claim. */
  readonly name: string;
  readonly schedule: Schedule;
  /** Makes the message of one tick. */
  readonly message: () => OutgoingMessage;
}

export interface BeatLog {
  log(message: string): void;
  warn(message: string): void;
}

export interface BeatOptions {
  readonly entries: readonly BeatEntry[];
  /** Publishes the message unless another scheduler has claimed the tick; `false` when it has. */
  readonly publishTick: (entry: string, dueMs: number, message: OutgoingMessage) => Promise<boolean>;
  readonly clock: Clock;
  readonly log: BeatLog;
  /** Told of each tick that this scheduler sent. */
  readonly onSent?: (entry: string, dueMs: number) => void;
}

interface State {
  readonly entry: BeatEntry;
  lastRunMs: number;
}

/** Longest sleep: a clock that is set, or a machine that slept, is noticed after this. @source Celery `beat_max_loop_interval` */
const LONGEST_SLEEP_MS = 300_000;
const RETRY_MS = 1_000;

/**
 * Sends what is due. Any number of them may run against one store: the points of time follow from the schedule alone, and
 * the claim of one (entry, time) is published with its message in one step, so each tick is sent once.
 * An entry starts with the first tick after this scheduler did; ticks missed while it slept are sent once.
 */
export class Beat {
  private readonly states: readonly State[];
  private timer: Timer | undefined;
  private sending: Promise<void> = Promise.resolve();
  private isStopped = true;

  constructor(private readonly options: BeatOptions) {
    const now = options.clock.now();
    this.states = options.entries.map((entry) => ({ entry, lastRunMs: now }));
  }

  start(): void {
    if (this.states.length === 0 || !this.isStopped) return;
    this.isStopped = false;
    for (const { entry } of this.states) {
      this.options.log.log(`Schedule "${entry.name}" is due ${entry.schedule.describe()}`);
    }
    this.turn();
  }

  /** Resolves when nothing is being sent any more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    await this.sending;
  }

  /** Sends all that is due, then sleeps until the next tick of any entry. */
  private turn(): void {
    this.sending = this.sendDue().then((sleepMs) => {
      if (this.isStopped) return;
      this.timer = this.options.clock.setTimer(() => this.turn(), sleepMs);
    });
  }

  private async sendDue(): Promise<number> {
    let next = Infinity;
    for (const state of this.states) {
      next = Math.min(next, await this.send(state));
    }
    return Math.min(Math.max(next - this.options.clock.now(), 0), LONGEST_SLEEP_MS);
  }

  /** @returns when to look at this entry again */
  private async send(state: State): Promise<number> {
    const { clock, log, publishTick, onSent } = this.options;
    const { entry } = state;
    const now = clock.now();
    const { dueMs, nextMs } = dueTick(entry.schedule, state.lastRunMs, now);
    if (dueMs === undefined) return nextMs;
    try {
      if (await publishTick(entry.name, dueMs, entry.message())) onSent?.(entry.name, dueMs);
      state.lastRunMs = dueMs;
      return nextMs;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn(`Schedule "${entry.name}" could not be sent, trying again in ${RETRY_MS} ms: ${reason}`);
      return now + RETRY_MS;
    }
  }
}
