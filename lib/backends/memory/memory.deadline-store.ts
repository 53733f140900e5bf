import type { MemoryStore } from '../../connections/index.js';
import { DEADLINE_REST_MS, type Deadline, type DeadlineStore } from '../deadline-store.interface.js';

/** Keeps deadlines in this process. */
export class MemoryDeadlineStore implements DeadlineStore {
  /** @param store throws while the backend is not connected */
  constructor(private readonly store: () => MemoryStore) {}

  async set(deadlines: readonly Deadline[]): Promise<void> {
    for (const { key, atMs, text } of deadlines) this.store().deadlines.set(key, { atMs, text });
  }

  async due(limit: number): Promise<readonly Pick<Deadline, 'key' | 'text'>[]> {
    const { deadlines, clock } = this.store();
    const nowMs = clock.now();
    const due = [...deadlines]
      .filter(([, { atMs }]) => atMs <= nowMs)
      .sort(([, one], [, other]) => one.atMs - other.atMs);
    return due.slice(0, limit).map(([key, { text }]) => {
      deadlines.set(key, { atMs: nowMs + DEADLINE_REST_MS, text });
      return { key, text };
    });
  }

  async drop(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.store().deadlines.delete(key);
  }
}
