import type { RedisLink, StoreLog } from '../../connections/index.js';
import type { TaskMeta } from '../../protocol/index.js';
import { sleep, type Clock, type Timer } from '../../time/index.js';
import type { ResultCodec } from '../result-codec.js';
import { repeatWhenLost } from './repeat-when-lost.js';

/** One who waits for results. */
export interface ResultWaiter {
  tell(meta: TaskMeta): void;
  /** What is stored of this task cannot be read. */
  fail(taskId: string, error: Error): void;
}

/** What is stored of a task, or why it cannot be read. */
export type StoredState = TaskMeta | Error | undefined;

export interface ResultSubscriptionSetup {
  /** A connection of its own, not connected yet. */
  openLink(onReconnect: () => void): RedisLink;
  /** In the order of the ids. */
  readonly fetch: (taskIds: readonly string[]) => Promise<readonly StoredState[]>;
  readonly codec: ResultCodec;
  readonly outageTimeoutMs: number;
  readonly clock: Clock;
  readonly log: StoreLog;
}

/** Ids that are subscribed to in one step, and when that is confirmed. */
interface Batch {
  readonly taskIds: string[];
  readonly confirmed: Promise<void>;
}

/** Most channels of one command. */
const PAGE = 500;
/** A connection that is cut without a word is noticed only when something is sent. */
const PING_MS = 10_000;
/** Channels that nobody waits for any more are left together. */
const LEAVE_MS = 100;
const LOOK_AGAIN_MS = 1_000;

/**
 * The one connection on which a backend hears of results, for all who wait. It is opened by the first of them. After a connection was
 * lost it subscribes anew and then tells what is stored of all that is waited for, since anything may have been missed.
 */
export class ResultSubscription {
  private readonly waiters = new Map<string, Set<ResultWaiter>>();
  private readonly batches = new Map<string, Batch>();
  private readonly left = new Set<string>();
  private readonly channelStart: number;
  private link: RedisLink | undefined;
  private opening: Promise<RedisLink> | undefined;
  private gathering: Batch | undefined;
  private leaving: Timer | undefined;
  private pinging: Timer | undefined;
  private connection = 0;
  private isClosed = false;

  constructor(private readonly setup: ResultSubscriptionSetup) {
    this.channelStart = setup.codec.keyOf('').length;
  }

  /** Resolves when what is published from now on is heard. */
  async add(waiter: ResultWaiter, taskIds: readonly string[]): Promise<void> {
    const batches = new Set<Batch>();
    for (const taskId of taskIds) {
      const waiting = this.waiters.get(taskId);
      if (waiting === undefined) this.waiters.set(taskId, new Set([waiter]));
      else waiting.add(waiter);
      this.left.delete(taskId);
      batches.add(this.batches.get(taskId) ?? this.gather(taskId));
    }
    this.ping();
    await Promise.all([...batches].map(({ confirmed }) => confirmed));
  }

  remove(waiter: ResultWaiter, taskIds: Iterable<string>): void {
    for (const taskId of taskIds) {
      const waiting = this.waiters.get(taskId);
      if (waiting === undefined || !waiting.delete(waiter) || waiting.size > 0) continue;
      this.waiters.delete(taskId);
      this.batches.delete(taskId);
      this.left.add(taskId);
    }
    if (this.left.size >= PAGE) this.leave();
    else if (this.left.size > 0)
      this.leaving ??= this.setup.clock.setTimer(() => this.leave(), LEAVE_MS, { ref: false });
  }

  close(): void {
    this.isClosed = true;
    this.leaving?.cancel();
    this.pinging?.cancel();
    this.waiters.clear();
    this.batches.clear();
    this.link?.close();
  }

  /** All ids of one turn of the event loop are one batch. */
  private gather(taskId: string): Batch {
    this.gathering ??= this.startBatch();
    this.gathering.taskIds.push(taskId);
    this.batches.set(taskId, this.gathering);
    return this.gathering;
  }

  private startBatch(): Batch {
    const taskIds: string[] = [];
    const confirmed = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      this.gathering = undefined;
      await this.subscribe(taskIds);
    });
    const batch: Batch = { taskIds, confirmed };
    confirmed.catch(() => {
      for (const taskId of taskIds) if (this.batches.get(taskId) === batch) this.batches.delete(taskId);
    });
    return batch;
  }

  private async subscribe(taskIds: readonly string[]): Promise<void> {
    const link = await this.open();
    await repeatWhenLost(link, this.setup.clock, this.setup.outageTimeoutMs, () =>
      this.command(
        link,
        'subscribe',
        taskIds.filter((taskId) => this.waiters.has(taskId)),
      ),
    );
  }

  /** One way or the other: all replies are waited for, also when one of them is an error. */
  private async command(link: RedisLink, name: 'subscribe' | 'unsubscribe', taskIds: readonly string[]): Promise<void> {
    const sent: Promise<unknown>[] = [];
    for (let start = 0; start < taskIds.length; start += PAGE) {
      const channels = taskIds.slice(start, start + PAGE).map((taskId) => this.setup.codec.keyOf(taskId));
      sent.push(link.call('listen for results', name, channels));
    }
    const replies = await Promise.allSettled(sent);
    const failed = replies.find((reply) => reply.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** One attempt is shared by all who ask; after one that failed the next to ask tries again. */
  private open(): Promise<RedisLink> {
    this.opening ??= this.connect().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  private async connect(): Promise<RedisLink> {
    const link = this.setup.openLink(() => void this.resume(link));
    this.link = link;
    link.onMessage((channel, text) => this.heard(channel.slice(this.channelStart), text));
    await link.connect();
    if (this.isClosed) link.close();
    return link;
  }

  private heard(taskId: string, text: string): void {
    const waiting = this.waiters.get(taskId);
    if (waiting === undefined) return;
    let meta: TaskMeta;
    try {
      meta = this.setup.codec.decode(text, taskId);
    } catch {
      void this.tellStored([taskId]); // anybody may publish; what counts is what is stored
      return;
    }
    this.tell(taskId, meta);
  }

  private tell(taskId: string, state: StoredState): void {
    if (state === undefined) return;
    for (const waiter of [...(this.waiters.get(taskId) ?? [])]) {
      if (state instanceof Error) waiter.fail(taskId, state);
      else waiter.tell(state.taskId === taskId ? state : { ...state, taskId });
    }
  }

  /** Never rejects; a connection that is lost meanwhile begins again. */
  private async resume(link: RedisLink): Promise<void> {
    const connection = ++this.connection;
    const isCurrent = (): boolean => this.connection === connection && !this.isClosed;
    this.left.clear(); // nothing is subscribed to on a new connection
    while (isCurrent()) {
      const taskIds = [...this.waiters.keys()];
      try {
        await this.command(link, 'subscribe', taskIds);
        for (let start = 0; start < taskIds.length && isCurrent(); start += PAGE) {
          const page = taskIds.slice(start, start + PAGE);
          const states = await this.setup.fetch(page);
          page.forEach((taskId, index) => this.tell(taskId, states[index]));
        }
        return;
      } catch (error) {
        if (!isCurrent() || link.status !== 'ready') return;
        this.setup.log.warn(`Could not look for results after a reconnect, trying again: ${String(error)}`);
        await sleep(this.setup.clock, LOOK_AGAIN_MS);
      }
    }
  }

  /** Never rejects. */
  private async tellStored(taskIds: readonly string[]): Promise<void> {
    try {
      const states = await this.setup.fetch(taskIds);
      taskIds.forEach((taskId, index) => this.tell(taskId, states[index]));
    } catch (error) {
      this.setup.log.warn(`Could not read what was published for ${taskIds.length} task(s): ${String(error)}`);
    }
  }

  /** On a connection that is not ready there is nothing to leave, and a later command might undo a new subscription. */
  private leave(): void {
    this.leaving?.cancel();
    this.leaving = undefined;
    const taskIds = [...this.left];
    this.left.clear();
    if (this.link?.status !== 'ready') return;
    this.command(this.link, 'unsubscribe', taskIds).catch(() => undefined); // a lost connection has left them as well
  }

  /** While somebody waits. The link notices itself when a reply stays away. */
  private ping(): void {
    if (this.pinging !== undefined || this.isClosed) return;
    this.pinging = this.setup.clock.setTimer(
      () => {
        this.pinging = undefined;
        if (this.waiters.size === 0) return;
        if (this.link?.status === 'ready') this.link.call('listen for results', 'ping', []).catch(() => undefined);
        this.ping();
      },
      PING_MS,
      { ref: false },
    );
  }
}
