import type { MemoryMessage, MemoryStore } from '../../connections/index.js';
import { LeaseLostError } from '../../errors/index.js';
import type { ConsumeOptions, Consumer, Delivery, Settlement } from '../broker.interface.js';
import { Bell } from '../virtual/bell.js';
import { formatTag, parseTag } from '../virtual/delivery-tag.js';
import { HeldDelivery } from '../virtual/held-delivery.js';
import { MOST_TAKEN, TAKE_ROOM } from '../virtual/limits.js';
import { QueueOrder } from '../virtual/queue-order.js';
import { applySettlement, restoreDead } from './memory-settle.js';

/** One consumer of a memory store. */
export class MemoryConsumer implements Consumer {
  private readonly order: QueueOrder;
  private readonly bell = new Bell();
  private readonly stopListening: () => void;
  private takes = 0;
  private isClosed = false;

  constructor(
    private readonly store: MemoryStore,
    readonly owner: string,
    options: ConsumeOptions,
    private readonly onClosed: () => void,
  ) {
    this.order = new QueueOrder(options.queues, options.order ?? 'round_robin');
    this.stopListening = store.onMessages(() => this.bell.ring());
    store.owners.set(owner, { node: options.node, alive: true });
  }

  async take(max: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    while (!signal.aborted && !this.isClosed) {
      const deliveries = this.takeNow(Math.min(max, MOST_TAKEN));
      if (deliveries.length > 0) return deliveries;
      await this.waitForMessages(signal);
    }
    return [];
  }

  async settle(batch: readonly Settlement[]): Promise<readonly Delivery[]> {
    const lost: Delivery[] = [];
    for (const settlement of batch) {
      const message = this.findHeld(settlement.delivery);
      if (message === undefined) lost.push(settlement.delivery);
      else applySettlement(this.store, message, settlement);
    }
    if (lost.length < batch.length) this.store.announceMessages();
    return lost;
  }

  async setQueues(queues: readonly string[]): Promise<void> {
    this.order.set(queues);
    this.bell.ring();
  }

  async markStarted(deliveries: readonly Delivery[]): Promise<void> {
    for (const delivery of deliveries) {
      const message = this.findHeld(delivery);
      if (message !== undefined) message.started = true;
    }
  }

  async findLost(deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
    return deliveries.filter((delivery) => this.findHeld(delivery) === undefined);
  }

  async reap(): Promise<number> {
    return restoreDead(this.store);
  }

  async close(): Promise<void> {
    if (!this.leave()) return;
    for (const message of this.store.messages.heldBy(this.owner)) this.store.messages.giveBack(message, message);
    this.store.owners.delete(this.owner);
    this.store.announceMessages();
  }

  /** Leaves without giving anything back, as a killed process would: what it held comes back when another consumer looks. */
  abandon(): void {
    if (!this.leave()) return;
    const owner = this.store.owners.get(this.owner);
    if (owner !== undefined) owner.alive = false;
    this.store.announceMessages();
  }

  private leave(): boolean {
    if (this.isClosed) return false;
    this.isClosed = true;
    this.stopListening();
    this.bell.ring();
    this.onClosed();
    return true;
  }

  private takeNow(max: number): Delivery[] {
    if (!this.store.owners.has(this.owner)) throw new LeaseLostError(this.owner, this.store.location);
    restoreDead(this.store);
    this.store.messages.promote(this.store.clock.now());

    const take = ++this.takes;
    const deliveries: Delivery[] = [];
    let room = TAKE_ROOM;
    while (deliveries.length < max) {
      const next = this.peek();
      if (next === undefined || (deliveries.length > 0 && next.envelope.length > room)) break;
      room -= next.envelope.length;
      this.store.messages.hold(next.queue, this.owner, take);
      const tag = formatTag(this.owner, next.id, take);
      deliveries.push(new HeldDelivery(tag, next.queue, next.redelivered, next.losses, next.envelope));
    }
    const last = deliveries.at(-1);
    if (last !== undefined) this.order.served(last.queue);
    return deliveries;
  }

  /** Of the queues' next ones the one with the least priority figure; the first in order among equals. */
  private peek(): MemoryMessage | undefined {
    let best: MemoryMessage | undefined;
    for (const queue of this.order.current) {
      if (this.store.paused.has(queue)) continue;
      const next = this.store.messages.peek(queue);
      if (next !== undefined && (best === undefined || next.priority < best.priority)) best = next;
    }
    return best;
  }

  private async waitForMessages(signal: AbortSignal): Promise<void> {
    const { clock, messages } = this.store;
    const dueMs = messages.nextDueMs;
    const timer = dueMs === undefined ? undefined : clock.setTimer(() => this.bell.ring(), dueMs - clock.now());
    await this.bell.next(signal);
    timer?.cancel();
  }

  private findHeld(delivery: Delivery): MemoryMessage | undefined {
    const tag = parseTag(delivery.tag);
    return tag?.owner === this.owner ? this.store.messages.findHeld(tag.id, tag.owner, tag.take) : undefined;
  }
}
