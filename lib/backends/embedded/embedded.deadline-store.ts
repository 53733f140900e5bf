import type { EmbeddedStore } from '../../connections/index.js';
import { DEADLINE_REST_MS, type Deadline, type DeadlineStore } from '../deadline-store.interface.js';

const SET = `INSERT INTO deadline (key, at, text) VALUES (?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET at = excluded.at, text = excluded.text`;
const DUE = `SELECT key, text FROM deadline WHERE at <= ? ORDER BY at LIMIT ?`;
const REST = `UPDATE deadline SET at = ? WHERE key = ?`;
const DROP = `DELETE FROM deadline WHERE key = ?`;

/** Keeps deadlines in the file of the embedded store. */
export class EmbeddedDeadlineStore implements DeadlineStore {
  /** @param store throws while the backend is not connected */
  constructor(private readonly store: () => EmbeddedStore) {}

  async set(deadlines: readonly Deadline[]): Promise<void> {
    const store = this.store();
    await store.write(() => {
      for (const { key, atMs, text } of deadlines) store.sql(SET).run(key, Math.ceil(atMs), text);
    }, deadlines.length);
  }

  async due(limit: number): Promise<readonly Pick<Deadline, 'key' | 'text'>[]> {
    const store = this.store();
    const nowMs = Math.floor(store.clock.now());
    if ((await store.read(() => store.sql(DUE).all(nowMs, 1))).length === 0) return []; // nearly always, and needs no lock
    return store.write(() => {
      const rows = store.sql(DUE).all(nowMs, limit);
      const due = rows.map((row) => ({ key: String(row['key']), text: String(row['text']) }));
      for (const { key } of due) store.sql(REST).run(nowMs + DEADLINE_REST_MS, key);
      return due;
    });
  }

  async drop(keys: readonly string[]): Promise<void> {
    const store = this.store();
    await store.write(() => {
      for (const key of keys) store.sql(DROP).run(key);
    }, keys.length);
  }
}
