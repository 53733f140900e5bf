import { StoreBusyError } from '../../errors/index.js';
import type { Clock } from '../../time/index.js';
import { BUSY_DEADLINE_MS, pause } from './busy-retry.js';
import { isBusy, toStoreError } from './sqlite-error.js';
import type { SqliteDatabase } from './sqlite.driver.js';

/** Most rows of one transaction, so that it stays short, except that the first job may have any number. */
const MOST_ROWS = 256;

interface Job {
  readonly work: () => unknown;
  readonly rows: number;
  readonly queuedMs: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Done = { readonly job: Job; readonly value: unknown };

/**
 * Writes to a store, in order. All that is asked for within one turn of the event loop becomes one transaction; where a job of it
 * fails, the transaction is undone and each job tried in one of its own, so that it fails alone. Jobs therefore do nothing but
 * read and write the database: they may run twice.
 */
export class WriteQueue {
  private jobs: Job[] = [];
  /** Jobs that are to run alone, since one of them failed a common transaction. */
  private alone = 0;
  private flushing: Promise<void> | undefined;

  /**
   * @param onCommit called after each transaction that was written
   * @param onUndone called after each that was not
   */
  constructor(
    private readonly database: SqliteDatabase,
    private readonly path: string,
    private readonly clock: Clock,
    private readonly events: { onCommit(): void; onUndone(): void },
  ) {}

  /**
   * Resolves with what the job returned, once it is committed; rejects when nothing of it was written.
   * @param rows how many it is about to write, roughly
   */
  run<T>(work: () => T, rows: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.jobs.push({
        work,
        rows,
        queuedMs: this.clock.monotonic(),
        resolve: resolve as (value: unknown) => void,
        reject,
      });
      this.flushing ??= this.flush();
    });
  }

  /** Resolves when nothing is left to write. */
  async drain(): Promise<void> {
    while (this.flushing !== undefined) await this.flushing;
  }

  private async flush(): Promise<void> {
    while (this.jobs.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.attempt(this.nextGroup()) === 'busy') {
        this.rejectOverdue();
        await pause(this.clock);
      }
    }
    this.flushing = undefined;
  }

  private nextGroup(): readonly Job[] {
    let [count, rows] = [0, 0];
    for (const job of this.jobs) {
      if (count > 0 && (this.alone > 0 || rows + job.rows > MOST_ROWS)) break;
      rows += job.rows;
      count += 1;
    }
    return this.jobs.slice(0, count);
  }

  /** One transaction; leaves the jobs in the queue unless it was committed or a single job failed. */
  private attempt(group: readonly Job[]): 'done' | 'busy' {
    try {
      this.database.exec('BEGIN IMMEDIATE');
    } catch (error) {
      if (isBusy(error)) return 'busy';
      return this.fail(group, error);
    }
    try {
      const done: Done[] = group.map((job) => ({ job, value: job.work() }));
      this.database.exec('COMMIT');
      this.leave(group);
      this.events.onCommit();
      for (const { job, value } of done) job.resolve(value);
      return 'done';
    } catch (error) {
      this.undo();
      return isBusy(error) ? 'busy' : this.fail(group, error);
    }
  }

  private fail(group: readonly Job[], error: unknown): 'done' {
    const [only, ...others] = group;
    if (others.length > 0) {
      this.alone = group.length;
      return 'done';
    }
    this.leave(group);
    only?.reject(toStoreError(error, this.path));
    return 'done';
  }

  private undo(): void {
    this.events.onUndone();
    try {
      this.database.exec('ROLLBACK');
    } catch {
      // SQLite has undone the transaction by itself, as it does when the disk is full.
    }
  }

  private leave(group: readonly Job[]): void {
    this.jobs = this.jobs.slice(group.length);
    this.alone = Math.max(0, this.alone - group.length);
  }

  private rejectOverdue(): void {
    const nowMs = this.clock.monotonic();
    for (let first = this.jobs[0]; first !== undefined; first = this.jobs[0]) {
      const waitedMs = nowMs - first.queuedMs;
      if (waitedMs <= BUSY_DEADLINE_MS) return;
      this.leave([first]);
      first.reject(new StoreBusyError(this.path, waitedMs));
    }
  }
}
