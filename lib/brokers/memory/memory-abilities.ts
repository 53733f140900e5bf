import type { MemoryMessage, MemoryStore } from '../../connections/index.js';
import { EnvelopeMessage, type OutgoingMessage } from '../../protocol/index.js';
import type {
  DeadLetter,
  DeadLetterReason,
  DeadLetters,
  RevocationListener,
  RevocationStore,
  RunningOrder,
  TickClaims,
} from '../broker.interface.js';
import type { ParkedMessage, QueueInspection, QueueStats } from '../queue-inspection.interface.js';
import { formatRedriven } from '../virtual/dead-letter.js';
import { TICK_CLAIM_MS } from '../virtual/limits.js';
import { formatRunningOrder, tellRevocations } from '../virtual/running-order.js';
import { oldestAge } from '../virtual/waiting-age.js';
import { addMessage } from './memory-publish.js';

/** The store, once the broker is connected. */
type Connected = () => MemoryStore;

export class MemoryDeadLetters implements DeadLetters {
  constructor(private readonly connected: Connected) {}

  async list(
    queue: string,
    page: { readonly offset?: number; readonly limit?: number } = {},
  ): Promise<readonly DeadLetter[]> {
    const { offset = 0, limit = 100 } = page;
    return this.connected()
      .messages.dead(queue)
      .slice(offset, offset + limit)
      .map(toDeadLetter);
  }

  async count(queue: string): Promise<number> {
    return this.connected().messages.dead(queue).length;
  }

  async redrive(queue: string, keys?: readonly string[]): Promise<number> {
    const store = this.connected();
    const chosen = this.choose(queue, keys);
    for (const { queue, priority, envelope, ...dead } of chosen) {
      store.messages.add({ queue, priority, envelope: formatRedriven(envelope) });
      store.messages.exhume(dead.id);
    }
    store.announceMessages();
    return chosen.length;
  }

  async purge(queue: string, keys?: readonly string[]): Promise<number> {
    const chosen = this.choose(queue, keys);
    for (const { id } of chosen) this.connected().messages.exhume(id);
    return chosen.length;
  }

  private choose(queue: string, keys: readonly string[] | undefined): MemoryMessage[] {
    const dead = this.connected().messages.dead(queue);
    return keys === undefined ? dead : dead.filter((message) => keys.includes(String(message.id)));
  }
}

function toDeadLetter(message: MemoryMessage): DeadLetter {
  return {
    key: String(message.id),
    queue: message.queue,
    reason: (message.death?.reason ?? 'rejected') as DeadLetterReason,
    error: message.death?.error ?? '',
    diedAtMs: message.death?.atMs ?? 0,
    losses: message.losses,
    message: new EnvelopeMessage(message.envelope),
  };
}

export class MemoryRevocationStore implements RevocationStore {
  constructor(private readonly connected: Connected) {}

  async revoke(taskIds: readonly string[], ttlMs: number, running?: RunningOrder): Promise<void> {
    const order = running === undefined ? undefined : formatRunningOrder(running);
    this.connected().revocations.add(taskIds, ttlMs, order);
  }

  async follow(listener: RevocationListener): Promise<{ close(): Promise<void> }> {
    const { revocations } = this.connected();
    const stop = revocations.listen((told) => tellRevocations(told, listener));
    tellRevocations(revocations.inForce(), listener);
    return { close: async () => stop() };
  }
}

export class MemoryTickClaims implements TickClaims {
  constructor(private readonly connected: Connected) {}

  async publishTick(entry: string, dueMs: number, message: OutgoingMessage): Promise<boolean> {
    const store = this.connected();
    const nowMs = store.clock.now();
    for (const [claim, claimedMs] of store.ticks) if (claimedMs <= nowMs - TICK_CLAIM_MS) store.ticks.delete(claim);

    const claim = JSON.stringify([entry, dueMs]);
    if (store.ticks.has(claim)) return false;
    store.ticks.set(claim, nowMs);
    addMessage(store, message);
    store.announceMessages();
    return true;
  }
}

export class MemoryQueueInspection implements QueueInspection {
  constructor(private readonly connected: Connected) {}

  async size(queue: string): Promise<number> {
    return (await this.stats(queue)).waiting;
  }

  async purge(queue: string): Promise<number> {
    return this.connected().messages.purge(queue);
  }

  async stats(queue: string): Promise<QueueStats> {
    const store = this.connected();
    store.messages.promote(store.clock.now());
    const envelopes = store.messages.waitingIn(queue).map(({ envelope }) => envelope);
    return { ...store.messages.count(queue), oldestAgeMs: oldestAge(envelopes, store.clock.now()) };
  }

  async parked(queue: string, limit: number): Promise<readonly ParkedMessage[]> {
    return this.connected()
      .messages.parkedIn(queue)
      .slice(0, limit)
      .map(({ dueMs, envelope }) => ({ dueMs, message: new EnvelopeMessage(envelope) }));
  }

  async pause(queue: string): Promise<void> {
    this.connected().paused.add(queue);
  }

  async resume(queue: string): Promise<void> {
    const store = this.connected();
    store.paused.delete(queue);
    store.announceMessages();
  }

  async paused(): Promise<readonly string[]> {
    return [...this.connected().paused].sort();
  }
}
