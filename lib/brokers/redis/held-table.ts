import type { Delivery } from '../broker.interface.js';
import { RedisDelivery } from './redis-delivery.js';

/**
 * What one consumer holds. Stands where a Map would, of which V8 keeps too much: each table that a Map has used up refers to the
 * next one, so that once one of them is old, all later ones are taken for alive until the next full collection.
 */
export class HeldTable {
  private readonly slots: (RedisDelivery | undefined)[] = [];
  private readonly free: number[] = [];

  add(delivery: RedisDelivery): void {
    delivery.slot = this.free.pop() ?? this.slots.length;
    this.slots[delivery.slot] = delivery;
  }

  /** `undefined` for one that is not held. */
  get(delivery: Delivery): RedisDelivery | undefined {
    return delivery instanceof RedisDelivery && this.slots[delivery.slot] === delivery ? delivery : undefined;
  }

  /** Returns whether it was held. */
  remove(delivery: Delivery): boolean {
    const held = this.get(delivery);
    if (held === undefined) return false;
    this.slots[held.slot] = undefined;
    this.free.push(held.slot);
    held.slot = -1;
    return true;
  }

  /** In no order. */
  *[Symbol.iterator](): Iterator<RedisDelivery> {
    for (const delivery of this.slots) if (delivery !== undefined) yield delivery;
  }
}
