import {
  openEmbeddedStore,
  putResults,
  releaseEmbeddedStore,
  type EmbeddedStore,
  type EmbeddedStoreOptions,
} from '../../connections/index.js';
import { ResultBackendUnavailableError } from '../../errors/index.js';
import type { ResultRecord, TaskMeta } from '../../protocol/index.js';
import type { Clock } from '../../time/index.js';
import type {
  EncodedResultText,
  ResultBackend,
  ResultBackendCapabilities,
  ResultListener,
  ResultWatch,
} from '../result-backend.interface.js';
import type { ResultCodec } from '../result-codec.js';
import { DELETE_EXPIRED_CHORDS } from './chord-sql.js';
import { EmbeddedChordStore } from './embedded.chord-store.js';
import { EmbeddedDeadlineStore } from './embedded.deadline-store.js';
import { EmbeddedGroupStore } from './embedded.group-store.js';
import { EmbeddedWatch } from './embedded-watch.js';
import { DELETE_EXPIRED, DELETE_EXPIRED_GROUPS, FETCH, FORGET } from './result-sql.js';

/** Most results of one transaction. */
const PAGE = 256;

/** Expired results are looked for no more often. */
const SWEEP_MS = 60_000;

/** Keeps results in the file of the embedded broker of the same URL. */
export class EmbeddedResultBackend implements ResultBackend {
  readonly capabilities: ResultBackendCapabilities = { push: true, expires: true, keepsSuccess: true };
  readonly chords: EmbeddedChordStore;
  readonly deadlines: EmbeddedDeadlineStore;
  readonly groups: EmbeddedGroupStore;
  private readonly watches = new Set<EmbeddedWatch>();
  private opening: Promise<EmbeddedStore> | undefined;
  private opened: EmbeddedStore | undefined;
  private sweeping: Promise<unknown> | undefined;
  private sweptMs: number;

  /** @param folder absolute; made when it is missing */
  constructor(
    private readonly folder: string,
    private readonly options: EmbeddedStoreOptions,
    private readonly clock: Clock,
    private readonly codec: ResultCodec,
  ) {
    this.chords = new EmbeddedChordStore(() => this.connected(), codec.expiresMs);
    this.deadlines = new EmbeddedDeadlineStore(() => this.connected());
    this.groups = new EmbeddedGroupStore(() => this.connected(), codec);
    this.sweptMs = clock.monotonic();
  }

  get store(): string {
    return this.opened?.location ?? `embedded:${this.folder}`;
  }

  async connect(): Promise<void> {
    this.opening ??= openEmbeddedStore(this.folder, this.options, this.clock);
    try {
      this.opened = await this.opening;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }

  async storeResults(records: readonly ResultRecord[]): Promise<void> {
    const store = this.connected();
    const encoded = this.encode(records);
    const pages: Promise<void>[] = [];
    for (let start = 0; start < encoded.length; start += PAGE) {
      const page = encoded.slice(start, start + PAGE);
      pages.push(store.write(() => putResults(store, page), page.length));
    }
    await Promise.all(pages);
  }

  async fetch(taskIds: readonly string[]): Promise<readonly (TaskMeta | undefined)[]> {
    const store = this.connected();
    const values = await store.read(() =>
      taskIds.map((taskId) => store.sql(FETCH).get(taskId, this.clock.now())?.['value']),
    );
    return values.map((value) => (typeof value === 'string' ? this.codec.decode(value) : undefined));
  }

  async forget(taskIds: readonly string[]): Promise<void> {
    const store = this.connected();
    await store.write(() => taskIds.forEach((taskId) => store.sql(FORGET).run(taskId)), taskIds.length);
  }

  async watch(listener: ResultListener): Promise<ResultWatch> {
    const watch: EmbeddedWatch = new EmbeddedWatch(this.connected(), this.codec, listener, () =>
      this.watches.delete(watch),
    );
    this.watches.add(watch);
    return watch;
  }

  encode(records: readonly ResultRecord[]): readonly EncodedResultText[] {
    this.sweepWhenDue();
    return records.map((record) => this.codec.encode(record));
  }

  async cleanup(): Promise<number> {
    const store = this.connected();
    this.sweptMs = this.clock.monotonic();
    let deleted = 0;
    for (const statement of [DELETE_EXPIRED, DELETE_EXPIRED_CHORDS, DELETE_EXPIRED_GROUPS]) {
      for (let page = PAGE; page > 0; deleted += page) {
        page = await store.write(() => Number(store.sql(statement).run(this.clock.now()).changes), PAGE);
      }
    }
    return deleted;
  }

  async close(): Promise<void> {
    await this.opening?.catch(() => undefined);
    const store = this.opened;
    if (store === undefined) return;
    for (const watch of this.watches) await watch.close();
    this.opened = this.opening = undefined;
    await this.sweeping;
    await releaseEmbeddedStore(store);
  }

  /** Whoever writes results deletes those that have expired, in the background. */
  private sweepWhenDue(): void {
    if (this.opened === undefined || this.sweeping !== undefined || this.clock.monotonic() - this.sweptMs < SWEEP_MS)
      return;
    this.sweeping = this.cleanup()
      .catch(() => undefined) // the next one tries again
      .finally(() => (this.sweeping = undefined));
  }

  private connected(): EmbeddedStore {
    if (this.opened === undefined) {
      throw new ResultBackendUnavailableError(this.store, 'it is not connected; call connect() first.');
    }
    return this.opened;
  }
}
