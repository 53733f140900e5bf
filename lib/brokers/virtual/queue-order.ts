import type { ConsumeOptions } from '../broker.interface.js';

/**
 * The order in which a consumer visits its queues within one priority.
 * @source kombu/utils/scheduling.py
 */
export class QueueOrder {
  private queues: string[];

  constructor(
    queues: readonly string[],
    private readonly strategy: NonNullable<ConsumeOptions['order']>,
  ) {
    this.queues = [...new Set(queues)];
    if (strategy === 'sorted') this.queues.sort();
  }

  get current(): readonly string[] {
    return this.queues;
  }

  /** Told which queue was served last: with `round_robin` it goes to the end. */
  served(queue: string): void {
    if (this.strategy !== 'round_robin') return;
    const at = this.queues.indexOf(queue);
    if (at >= 0) this.queues.push(...this.queues.splice(at, 1));
  }
}
