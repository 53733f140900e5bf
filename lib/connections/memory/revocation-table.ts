import type { Clock } from '../../time/index.js';

/** One revocation in force; `running` is what it asks of a task that runs already, in its broker's words. */
export interface Revocation {
  readonly taskId: string;
  readonly running: string | undefined;
}

/** Revoked task ids of one store. */
export class RevocationTable {
  /** By task id, in the order of revoking. */
  private readonly entries = new Map<string, Revocation & { readonly endMs: number }>();
  private readonly listeners = new Set<(revocations: readonly Revocation[]) => void>();

  /** @param capacity the newest so many are kept */
  constructor(
    private readonly clock: Clock,
    private readonly capacity: number,
  ) {}

  /** @param running kept from an earlier revocation where none is given */
  add(taskIds: readonly string[], ttlMs: number, running?: string): void {
    const added: Revocation[] = [];
    for (const taskId of taskIds) {
      const before = this.entries.get(taskId);
      const entry = { taskId, running: running ?? before?.running, endMs: this.clock.now() + ttlMs };
      this.entries.delete(taskId);
      this.entries.set(taskId, entry);
      added.push(entry);
    }
    for (const [taskId] of this.entries) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(taskId);
    }
    for (const listener of [...this.listeners]) listener(added);
  }

  inForce(): Revocation[] {
    const nowMs = this.clock.now();
    for (const [taskId, { endMs }] of this.entries) if (endMs <= nowMs) this.entries.delete(taskId);
    return [...this.entries.values()];
  }

  /** Called with each revocation, in its turn; returns how to stop. */
  listen(listener: (revocations: readonly Revocation[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
