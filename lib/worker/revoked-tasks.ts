import { markedWorkflow, type TaskHead } from '../protocol/index.js';

/** @source Celery `worker/state.py` REVOKES_MAX */
const MOST = 50_000;

/** Ids of revoked tasks and workflows as a worker knows them; the oldest are forgotten first. */
export class RevokedTasks {
  private readonly ids = new Set<string>();
  /** Roots and groups, all of whose tasks are revoked. */
  private readonly workflows = new Set<string>();

  constructor(taskIds: readonly string[] = []) {
    this.add(taskIds);
  }

  has({ id, rootId = id, groupId }: Pick<TaskHead, 'id' | 'rootId' | 'groupId'>): boolean {
    if (this.ids.size === 0) return false;
    if (this.ids.has(id)) return true;
    if (this.workflows.size === 0) return false;
    return this.workflows.has(rootId) || (groupId !== undefined && this.workflows.has(groupId));
  }

  /** In the order in which they were revoked. */
  all(): readonly string[] {
    return [...this.ids];
  }

  add(taskIds: readonly string[]): void {
    for (const id of taskIds) {
      this.ids.delete(id);
      this.ids.add(id);
      const workflow = markedWorkflow(id);
      if (workflow !== undefined) this.workflows.add(workflow);
    }
    for (const oldest of this.ids) {
      if (this.ids.size <= MOST) return;
      this.ids.delete(oldest);
      this.workflows.delete(markedWorkflow(oldest) ?? '');
    }
  }
}
