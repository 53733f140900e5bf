/** @source Celery `worker/state.py` REVOKES_MAX */
const MOST = 50_000;

/** Ids of revoked tasks as this worker knows them; the oldest are forgotten first. */
export class RevokedTasks {
  private readonly ids = new Set<string>();

  has(taskId: string): boolean {
    return this.ids.size > 0 && this.ids.has(taskId);
  }

  /** In the order in which they were revoked. */
  all(): readonly string[] {
    return [...this.ids];
  }

  add(taskIds: readonly string[]): void {
    for (const id of taskIds) {
      this.ids.delete(id);
      this.ids.add(id);
    }
    for (const oldest of this.ids) {
      if (this.ids.size <= MOST) return;
      this.ids.delete(oldest);
    }
  }
}
