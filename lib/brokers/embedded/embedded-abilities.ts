import type { EmbeddedStore } from '../../connections/index.js';
import { EnvelopeMessage, type OutgoingMessage } from '../../protocol/index.js';
import type { RevocationListener, RevocationStore, RunningOrder, TickClaims } from '../broker.interface.js';
import type { ParkedMessage, QueueInspection, QueueStats } from '../queue-inspection.interface.js';
import { MOST_REVOCATIONS, TICK_CLAIM_MS } from '../virtual/limits.js';
import { formatRunningOrder, tellRevocations } from '../virtual/running-order.js';
import { oldestAge } from '../virtual/waiting-age.js';
import { addMessages, readEnvelope, readFirstWaiting, readPaused } from './message-rows.js';
import {
  CLAIM_TICK,
  COUNTS,
  FORGET_EXPIRED_REVOCATIONS,
  FORGET_OLD_REVOCATIONS,
  FORGET_TICKS,
  PARKED_IN,
  PAUSE,
  PURGE_PARKED,
  PURGE_WAITING,
  RESUME,
  REVOKE,
  REVOKED_SINCE,
} from './message-sql.js';

/** The store, once the broker is connected. */
type Connected = () => EmbeddedStore;

export class EmbeddedRevocationStore implements RevocationStore {
  constructor(
    private readonly connected: Connected,
    private readonly capacity: number = MOST_REVOCATIONS,
  ) {}

  async revoke(taskIds: readonly string[], ttlMs: number, running?: RunningOrder): Promise<void> {
    const store = this.connected();
    const order = running === undefined ? null : formatRunningOrder(running);
    await store.write(() => {
      const nowMs = store.clock.now();
      store.sql(FORGET_EXPIRED_REVOCATIONS).run(nowMs);
      for (const taskId of taskIds) store.sql(REVOKE).run(taskId, Math.ceil(nowMs + ttlMs), order);
      store.sql(FORGET_OLD_REVOCATIONS).run(this.capacity);
      store.announce('revoked');
    }, taskIds.length);
  }

  async follow(listener: RevocationListener): Promise<{ close(): Promise<void> }> {
    const store = this.connected();
    let [last, isOpen] = [0, true];
    const look = (): void => {
      const rows = store.sql(REVOKED_SINCE).all(last, store.clock.now());
      const newest = rows.at(-1);
      if (newest === undefined || !isOpen) return;
      last = Number(newest['seq']);
      const told = rows.map((row) => ({
        taskId: String(row['task_id']),
        running: row['running'] === null ? undefined : String(row['running']),
      }));
      tellRevocations(told, listener);
    };
    const stop = store.listen('revoked', () => void store.read(look).catch(() => undefined)); // the next look tells it
    await store.read(look);
    return {
      close: async () => {
        isOpen = false;
        stop();
      },
    };
  }
}

export class EmbeddedTickClaims implements TickClaims {
  constructor(private readonly connected: Connected) {}

  async publishTick(entry: string, dueMs: number, message: OutgoingMessage): Promise<boolean> {
    const store = this.connected();
    return store.write(() => {
      const nowMs = store.clock.now();
      store.sql(FORGET_TICKS).run(nowMs - TICK_CLAIM_MS);
      const isClaimed = Number(store.sql(CLAIM_TICK).run(entry, Math.round(dueMs), Math.round(nowMs)).changes) === 1;
      if (isClaimed) addMessages(store, [message]);
      return isClaimed;
    });
  }
}

export class EmbeddedQueueInspection implements QueueInspection {
  constructor(private readonly connected: Connected) {}

  async size(queue: string): Promise<number> {
    return (await this.stats(queue)).waiting;
  }

  async purge(queue: string): Promise<number> {
    const store = this.connected();
    const deletePage = (): number =>
      Number(store.sql(PURGE_WAITING).run(queue).changes) + Number(store.sql(PURGE_PARKED).run(queue).changes);
    for (let purged = 0; ;) {
      const page = await store.write(deletePage, 1_000);
      if (page === 0) return purged;
      purged += page;
    }
  }

  async stats(queue: string): Promise<QueueStats> {
    const store = this.connected();
    const [counts, envelopes] = await store.read(() => [
      store.sql(COUNTS).get(queue, store.clock.now()),
      readFirstWaiting(store, queue),
    ]);
    const count = (name: string): number => Number(counts?.[name] ?? 0);
    return {
      waiting: count('waiting') + count('due'),
      held: count('held'),
      parked: count('parked'),
      dead: count('dead'),
      oldestAgeMs: oldestAge(envelopes, store.clock.now()),
    };
  }

  async parked(queue: string, limit: number): Promise<readonly ParkedMessage[]> {
    const store = this.connected();
    return store.read(() =>
      store
        .sql(PARKED_IN)
        .all(queue, limit)
        .map(({ id, due }) => ({
          dueMs: Number(due),
          message: new EnvelopeMessage(readEnvelope(store, Number(id))),
        })),
    );
  }

  async pause(queue: string): Promise<void> {
    const store = this.connected();
    await store.write(() => store.sql(PAUSE).run(queue));
  }

  async resume(queue: string): Promise<void> {
    const store = this.connected();
    await store.write(() => {
      store.sql(RESUME).run(queue);
      store.announce('messages');
    });
  }

  async paused(): Promise<readonly string[]> {
    const store = this.connected();
    return store.read(() => readPaused(store));
  }
}
