import type { ResultBackend } from '../backends/index.js';
import { ClientClosedError } from '../errors/index.js';
import type { Clock, Timer } from '../time/index.js';
import { fetchEach, pagesOf } from './fetch-each.js';
import type { LazyConnection } from './lazy-connection.js';
import { ListenerTable, type ResultFeed, type ResultListener } from './result-listener.js';

const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 1_000;
const GROWTH = 1.5;
/** A store that cannot be read for a moment ends no wait; one that stays so does. */
const MOST_FAILURES = 5;

interface Poll {
  waitMs: number;
  dueMs: number;
}

/** States of a backend that tells nothing by itself: asked for in batches, less and less often the longer a task takes. */
export class PolledResults implements ResultFeed {
  private readonly listeners = new ListenerTable();
  private readonly polls = new Map<string, Poll>();
  private timer: Timer | undefined;
  private timerDueMs = Infinity;
  private polling: Promise<void> | undefined;
  private failures = 0;
  private isClosed = false;

  constructor(
    private readonly backend: ResultBackend,
    private readonly connection: LazyConnection,
    private readonly clock: Clock,
  ) {}

  follow(taskIds: readonly string[], listener: ResultListener): void {
    if (this.isClosed) {
      for (const taskId of taskIds) listener.fail(taskId, new ClientClosedError(`wait for task "${taskId}"`));
      return;
    }
    const now = this.clock.monotonic();
    for (const taskId of taskIds) {
      this.listeners.add(taskId, listener);
      this.polls.set(taskId, { waitMs: FIRST_WAIT_MS, dueMs: now });
    }
    this.arm();
  }

  leave(taskIds: Iterable<string>, listener: ResultListener): void {
    for (const taskId of taskIds) if (this.listeners.remove(taskId, listener)) this.polls.delete(taskId);
    if (this.polls.size === 0) this.disarm();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.disarm();
    this.polls.clear();
    this.listeners.fail(this.listeners.ids, new ClientClosedError('wait for results'));
    await this.polling;
  }

  private arm(): void {
    if (this.polling !== undefined || this.polls.size === 0 || this.isClosed) return;
    let dueMs = Infinity;
    for (const poll of this.polls.values()) dueMs = Math.min(dueMs, poll.dueMs);
    if (dueMs >= this.timerDueMs) return;
    this.disarm();
    this.timerDueMs = dueMs;
    this.timer = this.clock.setTimer(() => {
      this.disarm();
      this.polling = this.poll().finally(() => {
        this.polling = undefined;
        this.arm();
      });
    }, dueMs - this.clock.monotonic());
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.timerDueMs = Infinity;
  }

  /** Never rejects: what goes wrong for too long is told to those who wait. */
  private async poll(): Promise<void> {
    const now = this.clock.monotonic();
    const ids = [...this.polls].filter(([, { dueMs }]) => dueMs <= now).map(([id]) => id);
    try {
      await this.connection.ready();
      for (const page of pagesOf(ids)) {
        const states = await fetchEach(this.backend, page);
        this.failures = 0;
        this.postpone(page);
        page.forEach((id, index) => this.listeners.tellState(id, states[index]));
      }
      for (const id of ids) if (!this.listeners.has(id)) this.polls.delete(id);
    } catch (error) {
      this.failures += 1;
      this.postpone(ids);
      if (this.failures < MOST_FAILURES) return;
      this.failures = 0;
      for (const id of ids) this.polls.delete(id);
      this.listeners.fail(ids, error);
    }
  }

  private postpone(taskIds: readonly string[]): void {
    const now = this.clock.monotonic();
    for (const id of taskIds) {
      const poll = this.polls.get(id);
      if (poll === undefined) continue;
      poll.dueMs = now + poll.waitMs;
      poll.waitMs = Math.min(LONGEST_WAIT_MS, poll.waitMs * GROWTH);
    }
  }
}
