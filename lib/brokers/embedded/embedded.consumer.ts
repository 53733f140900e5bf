import type { EmbeddedStore, OwnerLock } from '../../connections/index.js';
import { LeaseLostError } from '../../errors/index.js';
import type { ConsumeOptions, Consumer, Delivery, LeaseKeeperData, Settlement } from '../broker.interface.js';
import { Bell } from '../virtual/bell.js';
import { MOST_TAKEN } from '../virtual/limits.js';
import { QueueOrder } from '../virtual/queue-order.js';
import { enterOwner, isEntered, leaveOwner, reapDead, sweepLockFiles } from './embedded-owners.js';
import { ownTag, settleDeliveries } from './embedded-settle.js';
import { hasWork, takeMessages } from './embedded-take.js';
import { readNextDue } from './message-rows.js';
import { IS_HELD, MARK_STARTED } from './message-sql.js';

/** How often a consumer that takes or waits looks for dead owners. */
const LOOK_MS = 1_000;

/** One consumer of an embedded store. */
export class EmbeddedConsumer implements Consumer {
  private readonly order: QueueOrder;
  private readonly bell = new Bell();
  private readonly stopListening: () => void;
  private taking: Promise<unknown> = Promise.resolve();
  private takes = 0;
  private lookedMs = -Infinity;
  private polledMs = -Infinity;
  private isClosed = false;

  private constructor(
    private readonly store: EmbeddedStore,
    readonly owner: string,
    private readonly lock: OwnerLock,
    options: ConsumeOptions,
    readonly lease: LeaseKeeperData,
    private readonly onClosed: () => void,
  ) {
    this.order = new QueueOrder(options.queues, options.order ?? 'round_robin');
    this.stopListening = store.listen('messages', () => this.bell.ring());
  }

  static async open(
    store: EmbeddedStore,
    options: ConsumeOptions,
    lease: Omit<LeaseKeeperData, 'owner'>,
    onClosed: (consumer: EmbeddedConsumer) => void,
  ): Promise<EmbeddedConsumer> {
    await sweepLockFiles(store);
    const { owner, lock } = await enterOwner(store, options.node);
    const consumer: EmbeddedConsumer = new EmbeddedConsumer(store, owner, lock, options, { ...lease, owner }, () =>
      onClosed(consumer),
    );
    return consumer;
  }

  take(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    const taken = this.takeWhenReady(Math.min(max, MOST_TAKEN), signal);
    this.taking = taken.catch(() => undefined);
    return taken;
  }

  polledAtMs(): number {
    return this.polledMs;
  }

  async settle(batch: readonly Settlement[]): Promise<readonly Delivery[]> {
    const lost = await this.store.write(() => settleDeliveries(this.store, this.owner, batch), batch.length);
    return lost.map((settlement) => settlement.delivery);
  }

  async setQueues(queues: readonly string[]): Promise<void> {
    this.order.set(queues);
    this.bell.ring();
  }

  async markStarted(deliveries: readonly Delivery[]): Promise<void> {
    await this.store.write(() => {
      for (const delivery of deliveries) {
        const tag = ownTag(delivery.tag, this.owner);
        if (tag !== undefined) this.store.sql(MARK_STARTED).run(tag.id, tag.owner, tag.take);
      }
    }, deliveries.length);
  }

  findLost(deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
    return this.store.read(() => deliveries.filter((delivery) => !this.holds(delivery)));
  }

  reap(): Promise<number> {
    this.lookedMs = this.store.clock.monotonic();
    return reapDead(this.store, this.owner);
  }

  async close(): Promise<void> {
    if (!this.leave()) return;
    await this.taking;
    try {
      await leaveOwner(this.store, this.owner);
      this.lock.remove();
    } finally {
      this.lock.drop(); // what could not be given back is restored by the others, as after a death
    }
  }

  /** Leaves without giving anything back, as a killed process would. For tests. */
  abandon(): void {
    if (this.leave()) this.lock.drop();
  }

  private leave(): boolean {
    if (this.isClosed) return false;
    this.isClosed = true;
    this.stopListening();
    this.bell.ring();
    this.onClosed();
    return true;
  }

  private async takeWhenReady(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    while (!signal.aborted && !this.isClosed) {
      if (this.store.clock.monotonic() - this.lookedMs >= LOOK_MS) await this.reap();
      if (await this.store.read(() => hasWork(this.store, this.order.current) || !isEntered(this.store, this.owner))) {
        const deliveries = await this.takeNow(max, signal);
        this.polledMs = this.store.clock.monotonic();
        if (deliveries.length > 0) return deliveries;
      } else this.polledMs = this.store.clock.monotonic();
      await this.waitForMessages(signal);
    }
    return [];
  }

  private async takeNow(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    const take = ++this.takes;
    const deliveries = await this.store.write(() => {
      if (signal.aborted || this.isClosed) return [];
      if (!isEntered(this.store, this.owner)) throw new LeaseLostError(this.owner, this.store.location);
      return takeMessages(this.store, { owner: this.owner, take, queues: this.order.current, max });
    }, max);
    const last = deliveries.at(-1);
    if (last !== undefined) this.order.served(last.queue);
    return deliveries;
  }

  /** Until there is news, something is due, or it is time to look. The timer also keeps the process alive while somebody waits here. */
  private async waitForMessages(signal: AbortSignal): Promise<void> {
    const { clock } = this.store;
    const dueInMs = (await this.store.read(() => readNextDue(this.store))) - clock.now();
    const lookInMs = this.lookedMs + LOOK_MS - clock.monotonic();
    const timer = clock.setTimer(() => this.bell.ring(), Math.min(dueInMs, lookInMs));
    await this.bell.next(signal);
    timer.cancel();
  }

  private holds(delivery: Delivery): boolean {
    const tag = ownTag(delivery.tag, this.owner);
    return tag !== undefined && this.store.sql(IS_HELD).get(tag.id, tag.owner, tag.take) !== undefined;
  }
}
