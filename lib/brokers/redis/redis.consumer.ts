import { ConnectionLostError, LeaseLostError } from '../../errors/index.js';
import { untilTick, type Timer } from '../../time/index.js';
import type { Consumer, Delivery, LeaseKeeperData, Settlement } from '../broker.interface.js';
import { Bell } from '../virtual/bell.js';
import { MOST_TAKEN } from '../virtual/limits.js';
import { LeaseBeat, type BeatNews } from './lease-beat.js';
import { RedisArrivals } from './redis-arrivals.js';
import type { RedisContext } from './redis-context.js';
import { HeldMessages } from './redis-held.js';
import type { ConsumedLists } from './redis-lists.js';
import { RedisReconciler } from './redis-reconciler.js';
import { RedisReaper } from './redis-reaper.js';
import { RedisSweep } from './redis-sweep.js';
import { RedisTaker } from './redis-taker.js';
import { RedisWaits } from './redis-waits.js';
import type { RedisLink } from '../../connections/index.js';
import { untilAborted } from './until-aborted.js';

/** A worker that waits looks at all its lists that often. */
const LOOK_MS = 1_000;
/** Of several workers each looks for the same due message that much later than the one before. */
const RANK_MS = 20;
/** A worker that has had enough stops waiting for more after this. */
const DISARM_MS = 20;
/** How long a worker that ends waits for a server that is gone. */
const LEAVE_MS = 3_000;

export interface RedisConsumerSetup {
  readonly context: RedisContext;
  readonly lists: ConsumedLists;
  readonly lease: LeaseKeeperData;
  /** Field, value, … for people who look into the server; the queues besides. */
  readonly about: readonly string[];
  /** Makes a connection of its own. */
  readonly connect: (role: string, blocksMs?: number) => RedisLink;
  readonly onClosed: () => void;
}

/** One consumer of a Redis server. */
export class RedisConsumer implements Consumer {
  readonly owner: string;
  readonly lease: LeaseKeeperData;
  readonly isRemote = true;
  private readonly context: RedisContext;
  private readonly bell = new Bell();
  private readonly held: HeldMessages;
  private readonly taker: RedisTaker;
  private readonly arrivals: RedisArrivals;
  private readonly waits: RedisWaits;
  private readonly reaper: RedisReaper;
  private readonly sweep: RedisSweep;
  private readonly reconciler: RedisReconciler;
  private readonly beat: LeaseBeat;
  private readonly beatLink: RedisLink;
  private taking: Promise<unknown> = Promise.resolve();
  private rank = 0;
  private disarming: Timer | undefined;
  private isLost = false;
  private isClosed = false;
  private listener: ((deliveries: readonly Delivery[]) => void) | undefined;

  constructor(private readonly setup: RedisConsumerSetup) {
    const { context, lists, connect, about } = setup;
    this.context = context;
    this.owner = context.owner;
    this.lease = setup.lease;
    this.held = new HeldMessages(context);
    this.arrivals = new RedisArrivals(this.held, () => this.mustReconcile());
    this.waits = new RedisWaits(context, lists, connect, {
      take: (list, link) => this.taker.takeWaited(list, link),
      onArrival: (deliveries) => {
        this.arrivals.add(deliveries);
        this.bell.ring();
      },
      onUncertain: () => this.mustReconcile(),
    });
    this.taker = new RedisTaker(context, lists, this.held, (paused) => this.waits.pause(paused));
    this.reaper = new RedisReaper(context);
    this.reconciler = new RedisReconciler(context, this.held, this.taker);
    this.sweep = new RedisSweep(context, this.reaper, lists.queues[0] ?? '');
    this.beatLink = connect('beat');
    this.beat = new LeaseBeat({
      link: this.beatLink,
      keys: context.keys,
      owner: this.owner,
      leaseMs: context.options.leaseMs,
      // With each beat what has been held for a third of the visibility timeout is renewed: at half of it at the latest.
      periodMs: Math.min(context.options.leaseMs / 4, context.options.visibilityTimeoutMs / 6),
      about: () => [...about, 'queues', lists.queues.join(', ')],
      clock: context.clock,
      onNews: (news) => this.heard(news),
      onLost: () => this.lose(),
    });
  }

  /** Connects and enters its lease. */
  async open(): Promise<void> {
    await Promise.all([this.context.link.connect(), this.beatLink.connect()]);
    await this.beat.join();
    await this.reconcile();
  }

  take(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    const taken = this.takeWhenReady(Math.min(max, MOST_TAKEN), signal);
    this.taking = taken.catch(() => undefined);
    return taken;
  }

  settle(batch: readonly Settlement[]): Promise<readonly Delivery[]> {
    for (const settlement of batch) if (settlement.as === 'park') this.taker.learnParked(settlement.untilMs);
    return this.held.settle(batch);
  }

  async setQueues(queues: readonly string[]): Promise<void> {
    const left = this.setup.lists.set(queues);
    this.taker.replan();
    this.bell.ring();
    await Promise.all([this.waits.leave(left), this.beat.tellAbout()]);
  }

  join: NonNullable<Consumer['join']> = (batch) => this.held.join(batch);
  now = (): number => this.taker.now();
  polledAtMs = (): number => this.taker.polledMs;

  markStarted(deliveries: readonly Delivery[]): Promise<void> {
    return this.held.markStarted(deliveries);
  }

  findLost(deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
    return this.held.renew(deliveries);
  }

  onLost(listener: (deliveries: readonly Delivery[]) => void): void {
    this.listener = listener;
  }

  reap(): Promise<number> {
    return this.reaper.reap();
  }

  async close(): Promise<void> {
    if (this.isClosed) return this.shut();
    this.leave();
    await this.taking;
    await this.waits.close();
    try {
      if (!this.isLost) await this.giveBackAll();
    } finally {
      this.shut();
    }
  }

  /** Gives no more sign of life and takes nothing more, as a killed process would; what it held comes back when its lease ends. For tests. */
  async abandon(): Promise<void> {
    this.leave();
    this.beat.close();
    await this.waits.close();
  }

  /** The connection is a new one: what was taken last may not have reached us. */
  reconnected(): void {
    this.waits.reset();
    this.mustReconcile();
  }

  private mustReconcile(): void {
    this.reconciler.require();
    this.bell.ring();
  }

  private heard(news: BeatNews): void {
    this.rank = news.rank;
    this.taker.learnDue(news.nextDue, news.now);
    this.waits.pause(news.paused);
    this.waits.learnSteps(news.stepLists);
    if (news.hasRejoined) this.reconciler.require();
    const isFirstDead = news.first.owner !== this.owner && news.first.deadline <= news.now;
    void this.inBackground(async () => {
      this.tellLost(await (news.hasRejoined ? this.held.renewAll() : this.held.renewOld()));
      // One without a free slot does not take, but what is due has to become visible to those who have.
      if (news.nextDue !== undefined && news.nextDue <= news.now) await this.taker.take(0);
      const restored =
        (isFirstDead || this.reaper.isUnfinished ? await this.reaper.reap() : 0) + (await this.sweep.runWhenDue());
      if (restored > 0 || this.reconciler.isDue) this.bell.ring();
    });
  }

  private lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.tellLost(this.held.all());
    this.bell.ring();
  }

  /** What cannot be done now is done after the next beat. */
  private async inBackground(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ConnectionLostError) && !this.isClosed) {
        this.context.log.warn(
          `Housekeeping failed, to be done again: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }

  private leave(): void {
    this.isClosed = true;
    this.disarming?.cancel();
    this.bell.ring();
  }

  private shut(): void {
    this.setup.onClosed();
    this.beat.close();
    this.beatLink.close();
    this.context.link.close();
  }

  private async giveBackAll(): Promise<void> {
    const { link, keys, log } = this.context;
    try {
      await link.ready(LEAVE_MS);
    } catch {
      log.warn(`Left ${link.store} without its knowledge: what was held there goes to others when the lease ends`);
      return;
    }
    // A take that was given up may have reached the server: what it brought would wait there for the sweep of another worker.
    if (this.reconciler.isDue || this.reconciler.isRunning) await this.reconcile();
    await this.held.releaseAll();
    await this.waits.putBackHeads();
    await link.call('leave', 'zrem', [keys.workers, this.owner]);
    await link.call('leave', 'del', [keys.worker(this.owner)]);
    // The last one leaves nothing behind; a message that a killed reaper left is found by the next worker's sweep.
    if (Number(await link.call('leave', 'zcard', [keys.workers])) === 0) await link.call('leave', 'del', [keys.fenced]);
  }

  private tellLost(deliveries: readonly Delivery[]): void {
    if (deliveries.length > 0) this.listener?.(deliveries);
  }

  private async takeWhenReady(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    this.disarming?.cancel();
    this.arrivals.ask();
    try {
      while (!signal.aborted && !this.isClosed) {
        if (this.isLost) throw new LeaseLostError(this.owner, this.context.link.store);
        const taken = this.arrivals.isEmpty ? await this.tryTake(max, signal) : [];
        const deliveries = [...taken, ...this.arrivals.takeAll()];
        if (deliveries.length > 0 && !signal.aborted) {
          this.disarming = this.context.clock.setTimer(() => this.waits.disarm(), DISARM_MS);
          void this.arrivals.release(deliveries.splice(max));
          return deliveries;
        }
        await this.arrivals.release(deliveries);
        await this.waitForMessages(signal);
      }
      this.waits.disarm();
      return [];
    } finally {
      this.arrivals.stopAsking();
    }
  }

  /** Nothing where the connection broke. Whatever failed, something may have been taken: it is found by reconciling. */
  private async tryTake(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    const { link } = this.context;
    try {
      if (link.status !== 'ready') {
        await untilAborted(link.ready(), signal);
        return [];
      }
      if (this.reconciler.isDue) await this.reconcile();
      const taken = await this.taker.take(max);
      if (taken === 'fenced') this.lose();
      if (taken === 'stale') this.reconciler.require();
      return typeof taken === 'string' ? [] : taken;
    } catch (error) {
      this.reconciler.require();
      if (!(error instanceof ConnectionLostError)) throw error;
      await untilAborted(link.ready(), signal);
      return [];
    }
  }

  private async waitForMessages(signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.isClosed || this.isLost || this.reconciler.isDue) return;
    const { clock } = this.context;
    this.waits.arm();
    const dueInMs = Math.max(0, this.taker.nextDueMs - clock.monotonic()) + this.rank * RANK_MS;
    const timer = clock.setTimer(() => this.bell.ring(), Math.min(dueInMs, untilTick(clock, LOOK_MS)));
    await this.bell.next(signal);
    timer.cancel();
  }

  private async reconcile(): Promise<void> {
    this.tellLost(await this.reconciler.run());
  }
}
