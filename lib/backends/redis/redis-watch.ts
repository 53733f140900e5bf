import type { TaskMeta } from '../../protocol/index.js';
import type { ResultListener, ResultWatch, UnreadableListener } from '../result-backend.interface.js';
import type { ResultSubscription, ResultWaiter } from './result-subscription.js';

/** A watch on the subscription that all watches of a backend share. */
export class RedisWatch implements ResultWatch, ResultWaiter {
  private readonly waited = new Set<string>();
  private isClosed = false;

  constructor(
    private readonly subscription: ResultSubscription,
    private readonly listener: ResultListener,
    private readonly onUnreadable: UnreadableListener,
    private readonly onClosed: () => void,
  ) {}

  async add(taskIds: readonly string[]): Promise<void> {
    if (this.isClosed || taskIds.length === 0) return;
    for (const taskId of taskIds) this.waited.add(taskId);
    await this.subscription.add(this, taskIds);
  }

  remove(taskIds: readonly string[]): void {
    for (const taskId of taskIds) this.waited.delete(taskId);
    this.subscription.remove(this, taskIds);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.subscription.remove(this, this.waited);
    this.waited.clear();
    this.onClosed();
  }

  tell(meta: TaskMeta): void {
    this.listener(meta);
  }

  fail(taskId: string, error: Error): void {
    this.onUnreadable(taskId, error);
  }
}
