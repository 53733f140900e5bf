import { openMemoryStore, releaseMemoryStore, type MemoryStore } from '../../connections/index.js';
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
import { MemoryChordStore } from './memory.chord-store.js';
import { MemoryDeadlineStore } from './memory.deadline-store.js';
import { MemoryGroupStore } from './memory.group-store.js';

/** Keeps results in this process, beside the messages of the memory broker of the same URL. */
export class MemoryResultBackend implements ResultBackend {
  readonly capabilities: ResultBackendCapabilities = { push: true, expires: true, keepsSuccess: true };
  readonly chords: MemoryChordStore;
  readonly deadlines: MemoryDeadlineStore;
  readonly groups: MemoryGroupStore;
  private opened: MemoryStore | undefined;
  private readonly watches = new Set<ResultWatch>();

  /** @param store equal for all that shall share, as in `memory:orders` */
  constructor(
    readonly store: string,
    private readonly clock: Clock,
    private readonly codec: ResultCodec,
  ) {
    this.chords = new MemoryChordStore(() => this.connected(), codec.expiresMs);
    this.deadlines = new MemoryDeadlineStore(() => this.connected());
    this.groups = new MemoryGroupStore(() => this.connected(), codec);
  }

  async connect(): Promise<void> {
    this.opened ??= openMemoryStore(this.store, this.clock);
  }

  async storeResults(records: readonly ResultRecord[]): Promise<void> {
    const { results } = this.connected();
    for (const encoded of this.encode(records)) results.put(encoded);
  }

  async fetch(taskIds: readonly string[]): Promise<readonly (TaskMeta | undefined)[]> {
    const { results } = this.connected();
    return taskIds.map((taskId) => {
      const result = results.get(taskId);
      return result && this.codec.decode(result.value);
    });
  }

  async forget(taskIds: readonly string[]): Promise<void> {
    for (const taskId of taskIds) this.connected().results.delete(taskId);
  }

  async watch(listener: ResultListener): Promise<ResultWatch> {
    const waited = new Set<string>();
    const stop = this.connected().results.listen(({ taskId, value }) => {
      if (!waited.has(taskId)) return;
      const meta = this.codec.decode(value);
      queueMicrotask(() => waited.has(taskId) && listener(meta)); // a listener must not run inside somebody's write
    });
    const watch: ResultWatch = {
      add: async (taskIds) => taskIds.forEach((taskId) => waited.add(taskId)),
      remove: (taskIds) => taskIds.forEach((taskId) => waited.delete(taskId)),
      close: async () => {
        stop();
        waited.clear();
        this.watches.delete(watch);
      },
    };
    this.watches.add(watch);
    return watch;
  }

  encode(records: readonly ResultRecord[]): readonly EncodedResultText[] {
    return records.map((record) => this.codec.encode(record));
  }

  async cleanup(): Promise<number> {
    const { results, chords, groups } = this.connected();
    return results.sweep() + chords.sweep() + groups.sweep();
  }

  async close(): Promise<void> {
    if (this.opened === undefined) return;
    for (const watch of this.watches) await watch.close();
    releaseMemoryStore(this.opened);
    this.opened = undefined;
  }

  private connected(): MemoryStore {
    if (this.opened === undefined) {
      throw new ResultBackendUnavailableError(this.store, 'it is not connected; call connect() first.');
    }
    return this.opened;
  }
}
