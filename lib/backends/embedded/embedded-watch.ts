import type { EmbeddedStore } from '../../connections/index.js';
import type { TaskMeta } from '../../protocol/index.js';
import type { Timer } from '../../time/index.js';
import type { ResultListener, ResultWatch } from '../result-backend.interface.js';
import type { ResultCodec } from '../result-codec.js';
import { NEWEST, SINCE, VALUE } from './result-sql.js';

/** Keeps the process alive while somebody waits for a result; what wakes the watch does not. */
const KEEP_ALIVE_MS = 60_000;

/** Follows the results of a store by their numbers, and reads the values of those that are waited for. */
export class EmbeddedWatch implements ResultWatch {
  private readonly waited = new Set<string>();
  private stopListening: (() => void) | undefined;
  private keepingAlive: Timer | undefined;
  private starting: Promise<void> | undefined;
  private reading: Promise<void> | undefined;
  private hasNews = false;
  /** Number of the last result that was looked at. */
  private last = 0;

  constructor(
    private readonly store: EmbeddedStore,
    private readonly codec: ResultCodec,
    private readonly listener: ResultListener,
    private readonly onClosed: () => void,
  ) {}

  async add(taskIds: readonly string[]): Promise<void> {
    for (const taskId of taskIds) this.waited.add(taskId);
    if (this.waited.size === 0) return;
    this.starting ??= this.start();
    await this.starting;
  }

  remove(taskIds: readonly string[]): void {
    for (const taskId of taskIds) this.waited.delete(taskId);
    if (this.waited.size === 0) this.rest();
  }

  async close(): Promise<void> {
    this.waited.clear();
    this.rest();
    await this.reading;
    this.onClosed();
  }

  /** From here on: what is stored already is for the caller to fetch. */
  private async start(): Promise<void> {
    this.stopListening = this.store.listen('results', () => this.look());
    this.keepAlive();
    try {
      const newest = await this.store.read(() => this.store.sql(NEWEST).get()?.['seq']);
      this.last = Math.max(this.last, Number(newest ?? 0));
    } catch (error) {
      this.rest();
      throw error;
    }
  }

  private rest(): void {
    this.starting = undefined;
    this.keepingAlive?.cancel();
    this.keepingAlive = undefined;
    this.stopListening?.();
    this.stopListening = undefined;
  }

  private keepAlive(): void {
    this.keepingAlive?.cancel();
    this.keepingAlive = this.store.clock.setTimer(() => this.keepAlive(), KEEP_ALIVE_MS);
  }

  private look(): void {
    this.hasNews = true;
    this.reading ??= this.readNews().finally(() => (this.reading = undefined));
  }

  private async readNews(): Promise<void> {
    while (this.hasNews && this.waited.size > 0) {
      this.hasNews = false;
      const news = await this.store.read(() => this.readPage()).catch(() => []); // the next look reads it
      for (const meta of news) if (this.waited.has(meta.taskId)) this.listener(meta);
    }
  }

  private readPage(): TaskMeta[] {
    const rows = this.store.sql(SINCE).all(this.last);
    const metas: TaskMeta[] = [];
    for (const { seq, task_id: taskId } of rows) {
      if (!this.waited.has(String(taskId))) continue;
      const value = this.store.sql(VALUE).get(seq ?? 0)?.['value'];
      if (typeof value === 'string') metas.push(this.codec.decode(value));
    }
    this.last = Number(rows.at(-1)?.['seq'] ?? this.last);
    if (rows.length > 0) this.hasNews = true; // there may be another page
    return metas;
  }
}
