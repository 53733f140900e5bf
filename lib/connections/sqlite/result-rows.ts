import type { EmbeddedStore } from './embedded-store.js';

/** A result as its backend wrote it. */
export interface StoredResult {
  readonly taskId: string;
  readonly status: string;
  readonly value: string;
  /** How long it is kept from now on; `0` for ever. */
  readonly expiresMs: number;
}

const SUCCEEDED = `SELECT 1 FROM result WHERE task_id = ? AND status = 'SUCCESS' AND (expires = 0 OR expires > ?)`;
// REPLACE gives the row a new sequence number, by which those who wait find it.
const PUT = `REPLACE INTO result (task_id, status, expires, value) VALUES (?, ?, ?, ?)`;

/** Within a job: writes results, a later one over an earlier one, and nothing over SUCCESS. */
export function putResults(store: EmbeddedStore, results: readonly StoredResult[]): void {
  const nowMs = store.clock.now();
  for (const { taskId, status, value, expiresMs } of results) {
    if (store.sql(SUCCEEDED).get(taskId, nowMs) !== undefined) continue;
    store.sql(PUT).run(taskId, status, expiresMs > 0 ? Math.ceil(nowMs + expiresMs) : 0, value);
    store.announce('results');
  }
}
