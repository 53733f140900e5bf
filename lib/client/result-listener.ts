import type { TaskMeta } from '../protocol/index.js';
import type { FetchedState } from './fetch-each.js';

/** One who wants to know how tasks stand. */
export interface ResultListener {
  /** First the stored state of each task, `undefined` for none, then each one that follows; a state may be told twice. */
  next(taskId: string, meta: TaskMeta | undefined): void;
  /** Nothing more will come of this task. */
  fail(taskId: string, error: unknown): void;
}

/** Where states come from. */
export interface ResultFeed {
  /** Tells a listener of the states of tasks until it leaves them. */
  follow(taskIds: readonly string[], listener: ResultListener): void;
  /** Harmless for tasks that it does not follow. */
  leave(taskIds: Iterable<string>, listener: ResultListener): void;
  close(): Promise<void>;
}

/** Who listens to which task. Mostly one does, who may listen to a hundred thousand. */
export class ListenerTable {
  private readonly byId = new Map<string, ResultListener | readonly ResultListener[]>();

  get ids(): readonly string[] {
    return [...this.byId.keys()];
  }

  has(taskId: string): boolean {
    return this.byId.has(taskId);
  }

  add(taskId: string, listener: ResultListener): void {
    const listeners = this.of(taskId);
    if (listeners.length === 0) this.byId.set(taskId, listener);
    else if (!listeners.includes(listener)) this.byId.set(taskId, [...listeners, listener]);
  }

  /** Returns whether it was the last one for this task. */
  remove(taskId: string, listener: ResultListener): boolean {
    const listeners = this.of(taskId);
    if (!listeners.includes(listener)) return false;
    if (listeners.length === 1) return this.byId.delete(taskId);
    this.byId.set(
      taskId,
      listeners.filter((each) => each !== listener),
    );
    return false;
  }

  tell(taskId: string, meta: TaskMeta | undefined): void {
    for (const listener of this.of(taskId)) listener.next(taskId, meta);
  }

  /** Tells a state that was fetched, or ends the wait for one that cannot be read. */
  tellState(taskId: string, state: FetchedState): void {
    if (state instanceof Error) this.fail([taskId], state);
    else this.tell(taskId, state);
  }

  /** Ends the wait of all who listen to these tasks. */
  fail(taskIds: Iterable<string>, error: unknown): void {
    for (const taskId of taskIds) {
      const listeners = this.of(taskId);
      this.byId.delete(taskId);
      for (const listener of listeners) listener.fail(taskId, error);
    }
  }

  private of(taskId: string): readonly ResultListener[] {
    const listeners = this.byId.get(taskId);
    if (listeners === undefined) return NONE;
    return isList(listeners) ? listeners : [listeners];
  }
}

const NONE: readonly ResultListener[] = [];

function isList(listeners: ResultListener | readonly ResultListener[]): listeners is readonly ResultListener[] {
  return Array.isArray(listeners);
}
