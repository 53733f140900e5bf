import type { ResultRecord } from '../protocol/index.js';

/**
 * Writes what a task stores while it runs, one after the other, so that the last one stays. What is given faster than the store takes it is not
 * queued: only the newest waits. A state that cannot be written is logged and lost: the task goes on.
 */
export class StateWriter {
  private newest: ResultRecord | undefined;
  private writing = Promise.resolve();
  private isWriting = false;
  private isClosed = false;

  constructor(
    private readonly store: (records: readonly ResultRecord[]) => Promise<void>,
    private readonly warn: (message: string) => void,
  ) {}

  /** Resolves when it, or a newer one, has been written. Does nothing after `close`: the run has ended, and its outcome must stand. */
  write(record: ResultRecord): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    this.newest = record;
    if (!this.isWriting) this.writing = this.drain();
    return this.writing;
  }

  /** What still has to be waited for; `undefined` for nothing. */
  close(): Promise<void> | undefined {
    this.isClosed = true;
    return this.isWriting ? this.writing : undefined;
  }

  private async drain(): Promise<void> {
    this.isWriting = true;
    while (this.newest !== undefined) {
      const record = this.newest;
      this.newest = undefined;
      try {
        await this.store([record]);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.warn(`Could not store state ${record.status} of task "${record.taskId}": ${reason}`);
      }
    }
    this.isWriting = false;
  }
}
