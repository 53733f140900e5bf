import type { EmbeddedStore } from '../../connections/index.js';
import type { Admission, RateLimits } from '../broker.interface.js';
import { admit, lapsedUntil, type RateState } from '../virtual/rate-line.js';
import { FORGET_TURN, FORGET_TURNS, KEEP_RATE, KEEP_TURN, RATE, TURN } from './message-sql.js';

export class EmbeddedRateLimits implements RateLimits {
  constructor(private readonly connected: () => EmbeddedStore) {}

  async admit(bucket: string, taskIds: readonly string[], intervalMs: number): Promise<readonly Admission[]> {
    const store = this.connected();
    return store.write(() => {
      const nowMs = store.clock.now();
      store.sql(FORGET_TURNS).run(lapsedUntil(nowMs));
      const line = readLine(store, bucket);
      const admissions = taskIds.map((taskId) => admit(line, { taskId, intervalMs, nowMs, isShared: true }));
      store.sql(KEEP_RATE).run(bucket, line.nextMs, line.lastTurnMs);
      return admissions;
    }, taskIds.length);
  }
}

function readLine(store: EmbeddedStore, bucket: string): RateState {
  const row = store.sql(RATE).get(bucket);
  const turns: RateState['turns'] = {
    get: (taskId) => {
      const turn = store.sql(TURN).get(bucket, taskId)?.['turn'];
      return turn === undefined ? undefined : Number(turn);
    },
    set: (taskId, turnMs) => void store.sql(KEEP_TURN).run(bucket, taskId, turnMs),
    delete: (taskId) => void store.sql(FORGET_TURN).run(bucket, taskId),
  };
  return { nextMs: Number(row?.['next'] ?? 0), lastTurnMs: Number(row?.['last'] ?? 0), turns };
}
