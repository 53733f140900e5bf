import { openChords, type GroupStore, type ResultBackend } from '../backends/index.js';
import {
  ChordsNotSupportedError,
  ClientClosedError,
  ResultNotStoredError,
  UnsupportedByBackendError,
} from '../errors/index.js';
import type { TaskMeta } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import { fetchEach, pagesOf, type FetchedState } from './fetch-each.js';
import { LazyConnection } from './lazy-connection.js';
import { PolledResults } from './polled-results.js';
import { PushedResults, type PushingBackend } from './pushed-results.js';
import type { ResultFeed, ResultListener } from './result-listener.js';
import type { ChordSize } from './workflow/expand-workflow.js';

interface Fetching {
  readonly taskId: string;
  readonly resolve: (meta: TaskMeta | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** What is stored of some tasks, in their order. */
export interface StatePage {
  readonly ids: readonly string[];
  readonly states: readonly FetchedState[];
}

/** The results a client reads, connected to when the first one is asked for. Reads of one turn of the event loop are one fetch. */
export class ResultStore {
  private readonly connection: LazyConnection;
  private readonly feed: ResultFeed | undefined;
  private fetching: Fetching[] = [];
  private readonly running = new Set<Promise<void>>();
  private isClosed = false;

  /** @param connect opens the backend, if that is this client's to do */
  constructor(
    private readonly backend: ResultBackend | undefined,
    connect: () => Promise<void>,
    clock: Clock,
  ) {
    this.connection = new LazyConnection(connect);
    if (backend === undefined) return;
    this.feed = canPush(backend)
      ? new PushedResults(backend, this.connection)
      : new PolledResults(backend, this.connection, clock);
  }

  /** Where results are looked for, for messages; `undefined` where none are kept. */
  get location(): string | undefined {
    return this.backend?.store;
  }

  /** @throws {ResultNotStoredError} where no results are kept */
  async fetch(taskId: string): Promise<TaskMeta | undefined> {
    this.backendFor(taskId);
    return new Promise((resolve, reject) => {
      if (this.fetching.push({ taskId, resolve, reject }) === 1) setImmediate(() => this.flush());
    });
  }

  /**
   * The states of many, page by page.
   * @throws {ResultNotStoredError} where no results are kept
   */
  async *fetchPages(taskIds: readonly string[]): AsyncGenerator<StatePage, void, undefined> {
    for (const ids of pagesOf(taskIds)) {
      const backend = this.backendFor(ids[0] ?? '');
      await this.connection.ready();
      yield { ids, states: await fetchEach(backend, ids) };
    }
  }

  /** @throws {ResultNotStoredError} where no results are kept */
  follow(taskIds: readonly string[], listener: ResultListener): void {
    if (this.feed === undefined) throw new ResultNotStoredError(taskIds[0] ?? '', 'no-backend');
    this.feed.follow(taskIds, listener);
  }

  /** Harmless for tasks that the listener does not follow. */
  leave(taskIds: Iterable<string>, listener: ResultListener): void {
    this.feed?.leave(taskIds, listener);
  }

  /** @throws {ResultNotStoredError} where no results are kept */
  async forget(taskIds: readonly string[]): Promise<void> {
    for (const ids of pagesOf(taskIds)) {
      const backend = this.backendFor(ids[0] ?? '');
      await this.connection.ready();
      await backend.forget(ids);
    }
  }

  /**
   * Where results of groups are saved.
   * @throws {ResultNotStoredError} where no results are kept
   * @throws {UnsupportedByBackendError} where those of groups are not
   */
  async groups(groupId: string): Promise<GroupStore> {
    const { groups, store } = this.backendFor(groupId);
    if (groups === undefined) throw new UnsupportedByBackendError('save results of groups', store);
    await this.connection.ready();
    return groups;
  }

  /** Also where none can have been saved. */
  async forgetGroup(groupId: string): Promise<void> {
    if (this.backend?.groups !== undefined) await (await this.groups(groupId)).forget([groupId]);
  }

  /**
   * Says how many parts chords have.
   * @throws {ChordsNotSupportedError} where nobody would count them
   */
  async openChords(chords: readonly ChordSize[]): Promise<void> {
    if (this.backend?.chords === undefined) throw new ChordsNotSupportedError(this.backend?.store);
    await this.connection.ready();
    await openChords(this.backend, chords);
  }

  /** How many parts a chord has and shall have; `undefined` where nothing is known of it. */
  async chordProgress(groupId: string): Promise<{ readonly done: number; readonly size: number } | undefined> {
    if (this.backend?.chords === undefined) return undefined;
    await this.connection.ready();
    const { done, size } = await this.backend.chords.progress(groupId);
    return size === undefined ? undefined : { done, size };
  }

  /** They have ended, or nobody knows of them any more. */
  async dropDeadlines(groupIds: readonly string[]): Promise<void> {
    await this.connection.ready();
    await this.backend?.deadlines?.drop(groupIds);
  }

  /** Ends all waiting; resolves when nothing is under way. Leaves the backend to its owner. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.feed?.close();
    await Promise.allSettled(this.running);
    await this.connection.settled();
  }

  private backendFor(taskId: string): ResultBackend {
    if (this.backend === undefined) throw new ResultNotStoredError(taskId, 'no-backend');
    if (this.isClosed) throw new ClientClosedError(`read the result of task "${taskId}"`);
    return this.backend;
  }

  private flush(): void {
    const batch = this.fetching;
    this.fetching = [];
    const work = this.read(batch).finally(() => this.running.delete(work));
    this.running.add(work);
  }

  /** Never rejects: what goes wrong is told to those who asked. */
  private async read(batch: readonly Fetching[]): Promise<void> {
    const { backend } = this;
    try {
      await this.connection.ready();
      const taskIds = batch.map(({ taskId }) => taskId);
      const states = backend === undefined ? [] : await fetchEach(backend, taskIds);
      batch.forEach(({ resolve, reject }, index) => {
        const state = states[index];
        if (state instanceof Error) reject(state);
        else resolve(state);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

function canPush(backend: ResultBackend): backend is PushingBackend {
  return backend.capabilities.push && backend.watch !== undefined;
}
