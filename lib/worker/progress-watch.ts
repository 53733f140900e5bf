import type { Broker, Consumer } from '../brokers/index.js';
import { ConsumerStalledError } from '../errors/index.js';
import { untilTick, type Clock, type Timer } from '../time/index.js';

/** Looks at whether a take makes progress, within the time that it may make none. */
const LOOKS = 5;
/** A consumer that was rebuilt in vain is given more time, up to so many times as much. */
const MOST_PATIENCE = 8;

export interface ProgressWatchSetup {
  readonly broker: Broker;
  /** For how long a take may wait without having looked for messages with success, while the broker is there. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * Looks after the loop that takes messages: a take that waits looks for them every second, and one that does not any more, though its broker is there,
 * will never return. It is given up on, so that the worker consumes anew.
 */
export class ProgressWatch {
  private taking: Consumer | undefined;
  private takes = 0;
  private giveUp: ((error: Error) => void) | undefined;
  private timer: Timer | undefined;
  /** As they were when progress was last seen. */
  private seenTakes = 0;
  private seenPollMs = -Infinity;
  private seenAtMs: number;
  private lookedAtMs: number;
  /** Rebuilt that often since the last progress. */
  private rebuilt = 0;

  constructor(private readonly setup: ProgressWatchSetup) {
    this.seenAtMs = this.lookedAtMs = setup.clock.monotonic();
  }

  stop(): void {
    this.timer?.cancel();
  }

  /** @throws {ConsumerStalledError} once it is given up on; what it brings all the same is the consumer's to give back */
  watch<T>(consumer: Consumer, taking: Promise<T>): Promise<T> {
    this.takes++;
    if (consumer.polledAtMs === undefined) return taking;
    this.timer ??= this.lookLater();
    this.taking = consumer;
    // No closure beside the take: it would keep what the take brings from one scavenge to the next, and all later ones with it.
    const stalled = new Promise<never>((_resolve, reject) => (this.giveUp = reject));
    const number = this.takes;
    return Promise.race([taking, stalled]).finally(() => this.ended(number));
  }

  private ended(number: number): void {
    if (number === this.takes) this.taking = this.giveUp = undefined;
  }

  /** For how long a take has waited without a look that succeeded; 0 where it makes progress, or none waits. */
  get silentMs(): number {
    const { taking } = this;
    const { clock, timeoutMs } = this.setup;
    if (taking === undefined || this.takes !== this.seenTakes) return 0;
    const sinceMs = Math.max(this.seenAtMs, taking.polledAtMs?.() ?? Infinity);
    const silentMs = clock.monotonic() - sinceMs;
    return silentMs > timeoutMs / LOOKS ? silentMs : 0;
  }

  /** As `silentMs`, and counted on through those that were rebuilt in vain. */
  get isHopeless(): boolean {
    return this.rebuilt > 0 && this.silentMs > this.setup.timeoutMs;
  }

  private lookLater(): Timer {
    const { clock, timeoutMs } = this.setup;
    return clock.setTimer(
      () => {
        this.timer = this.lookLater();
        this.look();
      },
      untilTick(clock, timeoutMs / LOOKS),
    );
  }

  private look(): void {
    const { broker, clock, timeoutMs } = this.setup;
    const nowMs = clock.monotonic();
    const wasBlocked = nowMs - this.lookedAtMs > (2 * timeoutMs) / LOOKS; // this process was: nothing could make progress
    this.lookedAtMs = nowMs;
    const pollMs = this.taking?.polledAtMs?.() ?? -Infinity;
    if (this.takes !== this.seenTakes || pollMs > this.seenPollMs || broker.status !== 'ready' || wasBlocked) {
      if (pollMs > this.seenPollMs) this.rebuilt = 0;
      this.seenTakes = this.takes;
      this.seenPollMs = Math.max(pollMs, this.seenPollMs);
      this.seenAtMs = nowMs;
      return;
    }
    const silentMs = nowMs - this.seenAtMs;
    const { taking } = this;
    if (taking === undefined || silentMs < timeoutMs * Math.min(2 ** this.rebuilt, MOST_PATIENCE)) return;
    this.rebuilt++;
    this.giveUp?.(new ConsumerStalledError(taking.owner, broker.store, silentMs));
  }
}
