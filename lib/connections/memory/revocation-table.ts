import type { Clock } from '../../time/index.js';

/** Revoked task ids of one store. */
export class RevocationTable {
  /** Task id to the end of its revocation, in the order of revoking. */
  private readonly ends = new Map<string, number>();
  private readonly listeners = new Set<(taskIds: readonly string[]) => void>();

  /** @param capacity the newest so many are kept */
  constructor(
    private readonly clock: Clock,
    private readonly capacity: number,
  ) {}

  add(taskIds: readonly string[], ttlMs: number): void {
    for (const taskId of taskIds) {
      this.ends.delete(taskId);
      this.ends.set(taskId, this.clock.now() + ttlMs);
    }
    for (const [taskId] of this.ends) {
      if (this.ends.size <= this.capacity) break;
      this.ends.delete(taskId);
    }
    for (const listener of [...this.listeners]) listener(taskIds);
  }

  inForce(): string[] {
    const nowMs = this.clock.now();
    for (const [taskId, endMs] of this.ends) if (endMs <= nowMs) this.ends.delete(taskId);
    return [...this.ends.keys()];
  }

  /** Called with the ids of each revocation, in its turn; returns how to stop. */
  listen(listener: (taskIds: readonly string[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
