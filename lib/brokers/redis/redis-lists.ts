import { QueueOrder } from '../virtual/queue-order.js';
import type { ConsumeOptions } from '../broker.interface.js';
import type { RedisKeys } from './redis-keys.js';
import { recordTail } from './redis-record.js';

/** One list of a queue, as scripts and waits name it. */
export interface QueueList {
  readonly queue: string;
  readonly step: number;
  readonly key: string;
  readonly head: string;
  readonly tail: string;
}

/** The lists a consumer reads, in the order of consumption: step by step, and the queues in their order within one. */
export class ConsumedLists {
  private readonly order: QueueOrder;
  private readonly byQueue = new Map<string, readonly QueueList[]>();

  constructor(
    private readonly keys: RedisKeys,
    private readonly steps: readonly number[],
    queues: readonly string[],
    order: NonNullable<ConsumeOptions['order']>,
  ) {
    this.order = new QueueOrder(queues, order);
    for (const queue of this.order.current) this.add(queue);
  }

  get queues(): readonly string[] {
    return this.order.current;
  }

  inOrder(): readonly QueueList[] {
    return this.steps.flatMap((_, at) => this.order.current.map((queue) => this.byQueue.get(queue)?.[at] as QueueList));
  }

  served(queue: string): void {
    this.order.served(queue);
  }

  /** Other queues from now on. @returns the lists of those that are no longer read */
  set(queues: readonly string[]): readonly QueueList[] {
    const left = this.order.current.filter((queue) => !queues.includes(queue));
    this.order.set(queues);
    const lists = left.flatMap((queue) => this.byQueue.get(queue) ?? []);
    for (const queue of left) this.byQueue.delete(queue);
    for (const queue of queues) if (!this.byQueue.has(queue)) this.add(queue);
    return lists;
  }

  private add(queue: string): void {
    this.byQueue.set(
      queue,
      this.steps.map((step) => listOf(this.keys, queue, step)),
    );
  }
}

export function listOf(keys: RedisKeys, queue: string, step: number): QueueList {
  const key = keys.list(queue, step);
  return { queue, step, key, head: keys.head(key), tail: recordTail(queue) };
}
