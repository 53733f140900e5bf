import { VirtualTimeStuckError } from '../errors/index.js';
import type { Clock, Timer, TimerOptions } from './clock.interface.js';
import { parseDuration, type Duration } from './duration.js';

/** Turns of the event loop without any sign of activity after which what a timer started is taken to have settled. */
const QUIET_TURNS = 3;

/** Turns within which settling never counts as endless, however long they take. */
const MOST_TURNS = 10_000;
const MOST_TIMERS_AT_ONE_TIME = 100_000;

/** Resources of the process that end by themselves: while there are any, more work is to come. */
const PASSING_RESOURCES: ReadonlySet<string> = new Set([
  'Immediate',
  'FSReqCallback',
  'FSReqPromise',
  'CloseReq', // of a file
  'GetAddrInfoReqWrap',
  'TCPConnectWrap',
]);

/** Where a virtual clock starts. */
export interface VirtualClockOptions {
  /** @unit milliseconds since the epoch @defaultValue 2026-01-01T00:00:00Z */
  readonly now?: number;
  /**
   * How long work may go on, in real time, while the clock waits for it to settle.
   * @defaultValue 10 seconds
   */
  readonly settleTimeout?: Duration;
}

interface VirtualTimer extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is told to advance, so that a test runs a retry of an hour or a day of schedules
 * in milliseconds, each time in the same order.
 *
 * `advance` fires the timers one by one, in the order of their due times, and before each it lets everything settle
 * that runs without waiting for time: promises, `setImmediate`, files, and what `hold` names. It does not see
 * sockets, threads, child processes, real timers, and what zlib and crypto do in the background: where a task uses
 * these, wrap them in `hold`. Timers without a delay fire also when time stands still.
 */
export class VirtualClock implements Clock {
  /** Turns that clocks wait for right now. The event loop is the process's, and two clocks must not take one another for work. */
  static #turnsAwaited = 0;

  readonly #startMs: number;
  readonly #settleTimeoutMs: number;
  readonly #timers: VirtualTimer[] = [];
  readonly #held = new Set<Promise<unknown>>();
  #elapsedMs = 0;
  #activity = 0;
  #isAdvancing = false;
  #lastAdvance: Promise<unknown> = Promise.resolve();

  constructor({ now = Date.UTC(2026, 0, 1), settleTimeout = 10_000 }: VirtualClockOptions = {}) {
    this.#startMs = now;
    this.#settleTimeoutMs = parseDuration(settleTimeout, 'settleTimeout');
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  /** Milliseconds by which this clock has been advanced. */
  monotonic(): number {
    return this.#elapsedMs;
  }

  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): Timer {
    const dueMs = this.#elapsedMs + (delayMs > 0 ? delayMs : 0);
    const timer: VirtualTimer = { dueMs, callback, cancel: () => this.#remove(timer) };
    const position = this.#timers.findLastIndex((other) => other.dueMs <= dueMs) + 1;
    this.#timers.splice(position, 0, timer);
    this.#activity++;

    if (dueMs === this.#elapsedMs) {
      const immediate = setImmediate(() => {
        if (!this.#isAdvancing && this.#remove(timer)) callback();
      });
      if (options?.ref === false) immediate.unref();
    }
    return timer;
  }

  /** How many timers are set: 0 after everything on this clock was closed. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** When the next timer is due, on the scale of `now()`. */
  get nextTimerAt(): number | undefined {
    const next = this.#timers[0];
    return next && this.#startMs + next.dueMs;
  }

  /**
   * Moves time forward, firing what becomes due on the way, also what that sets in turn. Calls made meanwhile follow
   * one another.
   * @returns a promise that rejects with what a timer's callback threw
   * @throws {VirtualTimeStuckError} (as a rejection) when work goes on without end at one point of time
   */
  async advance(duration: Duration): Promise<void> {
    const ms = parseDuration(duration, 'duration');
    await this.#inTurn(() => this.#elapsedMs + ms);
  }

  /**
   * Advances to a time of day, on the scale of `now()`; not at all when that has passed.
   * @unit milliseconds since the epoch
   */
  async advanceTo(timeMs: number): Promise<void> {
    await this.#inTurn(() => Math.max(this.#elapsedMs, timeMs - this.#startMs));
  }

  /** Lets everything settle that can run without time moving on. */
  async settle(): Promise<void> {
    await this.advance(0);
  }

  /** Keeps time from moving until this has settled. It must not itself wait for this clock. */
  hold<T>(work: Promise<T>): Promise<T> {
    const held: Promise<unknown> = work.catch(() => undefined).then(() => this.#held.delete(held));
    this.#held.add(held);
    this.#activity++;
    return work;
  }

  #inTurn(target: () => number): Promise<void> {
    const advance = this.#lastAdvance.then(() => this.#runTo(target()));
    this.#lastAdvance = advance.catch(() => undefined);
    return advance;
  }

  async #runTo(targetMs: number): Promise<void> {
    this.#isAdvancing = true;
    try {
      let firedAtThisTime = 0;
      for (await this.#settled(); this.#timers[0] && this.#timers[0].dueMs <= targetMs; await this.#settled()) {
        const timer = this.#timers.shift()!;
        firedAtThisTime = timer.dueMs > this.#elapsedMs ? 1 : firedAtThisTime + 1;
        if (firedAtThisTime > MOST_TIMERS_AT_ONE_TIME) {
          throw new VirtualTimeStuckError(`timers without a delay set one another ${MOST_TIMERS_AT_ONE_TIME} times`);
        }
        this.#elapsedMs = timer.dueMs;
        timer.callback();
      }
      this.#elapsedMs = targetMs;
    } finally {
      this.#isAdvancing = false;
    }
  }

  async #settled(): Promise<void> {
    const startedMs = performance.now();
    for (let turns = 0, quiet = 0; quiet < QUIET_TURNS; turns++) {
      const before = this.#activity;
      await VirtualClock.#nextTurn();
      const passing = VirtualClock.#passingResources();
      quiet = passing.length === 0 && this.#held.size === 0 && this.#activity === before ? quiet + 1 : 0;
      await Promise.all(this.#held);

      if (turns > MOST_TURNS && performance.now() - startedMs > this.#settleTimeoutMs) {
        const kinds = [...new Set(passing)].join(', ') || 'new timers';
        throw new VirtualTimeStuckError(`after ${turns} turns of the event loop work is still under way (${kinds})`);
      }
    }
  }

  static #nextTurn(): Promise<void> {
    VirtualClock.#turnsAwaited++;
    return new Promise((resolve) => {
      setImmediate(() => {
        VirtualClock.#turnsAwaited--;
        resolve();
      });
    });
  }

  /** Kinds of what will end by itself, the turns that clocks wait for left out. */
  static #passingResources(): readonly string[] {
    let ownTurns = VirtualClock.#turnsAwaited;
    return process
      .getActiveResourcesInfo()
      .filter((resource) => PASSING_RESOURCES.has(resource) && !(resource === 'Immediate' && ownTurns-- > 0));
  }

  #remove(timer: VirtualTimer): boolean {
    const position = this.#timers.indexOf(timer);
    if (position < 0) return false;
    this.#timers.splice(position, 1);
    this.#activity++;
    return true;
  }
}
