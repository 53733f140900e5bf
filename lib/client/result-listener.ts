import type { TaskMeta } from '../protocol/index.js';
import type { FetchedState } from './fetch-each.js';

/** One who wants to know how a task stands. */
export interface ResultListener {
  /** First the stored state, `undefined` for none, then each one that follows; a state may be told twice. */
  next(meta: TaskMeta | undefined): void;
  /** Nothing more will come. */
  fail(error: unknown): void;
}

/** Where states come from. */
export interface ResultFeed {
  /** Tells a listener of a task's states until the returned function is called. */
  follow(taskId: string, listener: ResultListener): () => void;
  close(): Promise<void>;
}

/** Who listens to which task. */
export class ListenerTable {
  private readonly byId = new Map<string, Set<ResultListener>>();

  get ids(): readonly string[] {
    return [...this.byId.keys()];
  }

  has(taskId: string): boolean {
    return this.byId.has(taskId);
  }

  add(taskId: string, listener: ResultListener): void {
    const listeners = this.byId.get(taskId);
    if (listeners === undefined) this.byId.set(taskId, new Set([listener]));
    else listeners.add(listener);
  }

  /** Returns whether it was the last one for this task. */
  remove(taskId: string, listener: ResultListener): boolean {
    const listeners = this.byId.get(taskId);
    if (listeners === undefined || !listeners.delete(listener) || listeners.size > 0) return false;
    return this.byId.delete(taskId);
  }

  tell(taskId: string, meta: TaskMeta | undefined): void {
    for (const listener of [...(this.byId.get(taskId) ?? [])]) listener.next(meta);
  }

  /** Tells a state that was fetched, or ends the wait for one that cannot be read. */
  tellState(taskId: string, state: FetchedState): void {
    if (state instanceof Error) this.fail([taskId], state);
    else this.tell(taskId, state);
  }

  /** Ends the wait of all who listen to these tasks. */
  fail(taskIds: Iterable<string>, error: unknown): void {
    for (const taskId of taskIds) {
      const listeners = this.byId.get(taskId) ?? [];
      this.byId.delete(taskId);
      for (const listener of listeners) listener.fail(error);
    }
  }
}
