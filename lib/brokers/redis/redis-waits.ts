import { RedisLink } from '../../connections/index.js';
import { ListWait, WAIT_S, type ListWaitSetup } from './list-wait.js';
import type { RedisContext } from './redis-context.js';
import { callThoughFull } from './redis-full.js';
import type { ConsumedLists, QueueList } from './redis-lists.js';

/** Lists waited for at the server; the others are looked at once a second. */
const MOST_WAITS = 16;

/** Waits for the lists of one consumer: the first of each queue, and those of other priority steps once something was in them. */
export class RedisWaits {
  private readonly waits = new Map<string, ListWait>();
  private paused: ReadonlySet<string> = new Set();
  private stepLists: ReadonlySet<string> = new Set();

  /** @param connect makes a connection for one wait */
  constructor(
    private readonly context: RedisContext,
    private readonly lists: ConsumedLists,
    private readonly connect: (role: string, blocksMs?: number) => RedisLink,
    private readonly events: Pick<ListWaitSetup, 'take' | 'onArrival' | 'onUncertain'>,
  ) {}

  pause(queues: readonly string[]): void {
    if (queues.length === 0 && this.paused.size === 0) return;
    this.paused = new Set(queues);
    for (const list of this.lists.inOrder()) if (this.paused.has(list.queue)) void this.waits.get(list.key)?.disarm();
  }

  learnSteps(lists: readonly string[]): void {
    if (lists.length !== this.stepLists.size) this.stepLists = new Set(lists);
  }

  arm(): void {
    const wanted = this.lists.inOrder().filter(({ step, key, queue }) => {
      return (step === 0 || this.stepLists.has(key)) && !this.paused.has(queue);
    });
    for (const list of wanted.slice(0, MOST_WAITS)) this.waitFor(list).arm();
  }

  disarm(): void {
    for (const wait of this.waits.values()) void wait.disarm();
  }

  /** Where one connection to a server broke, the others may be broken, too. */
  reset(): void {
    for (const wait of this.waits.values()) wait.reset();
  }

  async close(): Promise<void> {
    await Promise.all([...this.waits.values()].map((wait) => wait.close()));
  }

  /** These are no longer read: nothing may come to wait in their heads, where others might not look. */
  async leave(lists: readonly QueueList[]): Promise<void> {
    const waits = lists.map(({ key }) => this.waits.get(key));
    for (const { key } of lists) this.waits.delete(key);
    await Promise.all(waits.map(async (wait) => wait?.close()));
    await this.putBackHeads(lists);
  }

  /** What came for waiters that are gone stands in front of its list again, the oldest outermost. */
  async putBackHeads(lists = this.lists.inOrder()): Promise<void> {
    const putBack = (head: string, key: string) =>
      callThoughFull(this.context, 'put messages back', 'lmove', [head, key], ['LEFT', 'RIGHT']);
    for (const { head, key } of lists) {
      while ((await putBack(head, key)) !== null);
    }
  }

  private waitFor(list: QueueList): ListWait {
    let wait = this.waits.get(list.key);
    if (wait === undefined) {
      const link = this.connect('wait', WAIT_S * 1_000);
      wait = new ListWait({ list, link, other: this.context.link, clock: this.context.clock, ...this.events });
      this.waits.set(list.key, wait);
    }
    return wait;
  }
}
