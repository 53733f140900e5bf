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
    this.queues = this.arrange(queues);
  }

  get current(): readonly string[] {
    return this.queues;
  }

  /** Other queues from now on; those that stay keep their turn. */
  set(queues: readonly string[]): void {
    const staying = this.queues.filter((queue) => queues.includes(queue));
    this.queues = this.arrange(this.strategy === 'round_robin' ? [...staying, ...queues] : queues);
  }

  /** Told which queue was served last: with `round_robin` it goes to the end. */
  served(queue: string): void {
    if (this.strategy !== 'round_robin') return;
    const at = this.queues.indexOf(queue);
    if (at >= 0) this.queues.push(...this.queues.splice(at, 1));
  }

  private arrange(queues: readonly string[]): string[] {
    const arranged = [...new Set(queues)];
    return this.strategy === 'sorted' ? arranged.sort() : arranged;
  }
}
