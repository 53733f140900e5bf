import type { ResultBackend, ResultWatch } from '../backends/index.js';
import { ClientClosedError } from '../errors/index.js';
import { fetchEach, pagesOf } from './fetch-each.js';
import { LazyConnection } from './lazy-connection.js';
import { ListenerTable, type ResultFeed, type ResultListener } from './result-listener.js';

/** A backend that tells of new states. */
export type PushingBackend = ResultBackend & Required<Pick<ResultBackend, 'watch'>>;

/**
 * States as a backend pushes them, through one watch for all listeners. Those that come in one turn of the event loop are added in one step,
 * and what is stored already is fetched once, after the watch has them, so that no state falls in between.
 */
export class PushedResults implements ResultFeed {
  private readonly listeners = new ListenerTable();
  private readonly watched = new Set<string>();
  private readonly opening: LazyConnection;
  private fresh = new Set<string>();
  private watch: ResultWatch | undefined;
  private isClosed = false;

  constructor(
    private readonly backend: PushingBackend,
    connection: LazyConnection,
  ) {
    this.opening = new LazyConnection(async () => {
      await connection.ready();
      this.watch = await this.backend.watch(
        (meta) => this.listeners.tell(meta.taskId, meta),
        (taskId, error) => {
          this.listeners.fail([taskId], error);
          this.unwatch([taskId]);
        },
      );
    });
  }

  follow(taskIds: readonly string[], listener: ResultListener): void {
    if (this.isClosed) {
      for (const taskId of taskIds) listener.fail(taskId, new ClientClosedError(`wait for task "${taskId}"`));
      return;
    }
    if (this.fresh.size === 0 && taskIds.length > 0) setImmediate(() => void this.begin());
    for (const taskId of taskIds) {
      this.listeners.add(taskId, listener);
      this.fresh.add(taskId);
    }
  }

  leave(taskIds: Iterable<string>, listener: ResultListener): void {
    const gone: string[] = [];
    for (const taskId of taskIds) if (this.listeners.remove(taskId, listener)) gone.push(taskId);
    this.unwatch(gone);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.listeners.fail(this.listeners.ids, new ClientClosedError('wait for results'));
    await this.opening.settled();
    await this.watch?.close();
  }

  /** Never rejects: what goes wrong is told to those who wait. */
  private async begin(): Promise<void> {
    const ids = [...this.fresh];
    this.fresh = new Set();
    try {
      await this.opening.ready();
      const pages = pagesOf(ids);
      if (pages.length > 1) for (const page of pages) await this.tellStored(page); // what has ended needs no watch
      const wanted = ids.filter((id) => this.listeners.has(id));
      if (this.isClosed || wanted.length === 0) return;
      const unwatched = wanted.filter((id) => !this.watched.has(id));
      for (const id of unwatched) this.watched.add(id);
      if (unwatched.length > 0) await this.watch?.add(unwatched);
      for (const page of pagesOf(wanted)) await this.tellStored(page);
    } catch (error) {
      this.listeners.fail(ids, error);
      this.unwatch(ids);
    }
  }

  private async tellStored(page: readonly string[]): Promise<void> {
    const wanted = page.filter((id) => this.listeners.has(id));
    if (this.isClosed || wanted.length === 0) return;
    const states = await fetchEach(this.backend, wanted);
    wanted.forEach((id, index) => this.listeners.tellState(id, states[index]));
    this.unwatch(page.filter((id) => !this.listeners.has(id)));
  }

  private unwatch(taskIds: readonly string[]): void {
    const gone = taskIds.filter((id) => this.watched.delete(id));
    if (gone.length > 0) this.watch?.remove(gone);
  }
}
