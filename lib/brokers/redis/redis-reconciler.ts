import type { Delivery } from '../broker.interface.js';
import type { RedisContext } from './redis-context.js';
import { callThoughFull } from './redis-full.js';
import type { HeldMessages } from './redis-held.js';
import { readTime, tagsUntil } from './redis-index.js';
import { listOf } from './redis-lists.js';
import { isRedelivered, parseRedisTag, splitRecord } from './redis-record.js';
import type { RedisTaker } from './redis-taker.js';

/**
 * Brings what a consumer knows and what the server has recorded for it together again, after a connection broke or the server
 * has forgotten something. Until that is done nothing may be taken.
 */
export class RedisReconciler {
  private isRequired = true;
  private running: Promise<readonly Delivery[]> | undefined;

  constructor(
    private readonly context: RedisContext,
    private readonly held: HeldMessages,
    private readonly taker: RedisTaker,
  ) {}

  get isDue(): boolean {
    return this.isRequired;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  require(): void {
    this.isRequired = true;
  }

  /**
   * Gives back what was taken for us and never arrived. A take that comes late from an old connection does nothing.
   * @returns deliveries that are ours no more
   */
  run(): Promise<readonly Delivery[]> {
    this.running ??= this.runNow().finally(() => (this.running = undefined));
    return this.running;
  }

  private async runNow(): Promise<readonly Delivery[]> {
    const { link, keys, owner, options } = this.context;
    this.isRequired = false;
    try {
      this.taker.epoch += 1;
      await callThoughFull(
        this.context,
        'name its connection',
        'hset',
        [keys.worker(owner)],
        ['epoch', this.taker.epoch],
      );
      // The server may have forgotten the whole of it, and this worker be told that before its next beat.
      const keepS = Math.ceil((options.leaseMs * 3) / 1_000);
      await link.call('name its connection', 'expire', [keys.worker(owner), keepS]);
      const found = await tagsUntil(this.context, await readTime(link));
      const known = new Set(this.held.all().map(({ tag }) => tag));
      const unknown = found.filter((tag) => parseRedisTag(tag)?.owner === owner && !known.has(tag));
      const numberOf = (tag: string): number => parseRedisTag(tag)?.number ?? 0;
      unknown.sort((one, other) => numberOf(other) - numberOf(one)); // the newest first, so that the oldest stands outermost
      for (const tag of new Set(unknown)) await this.giveBack(tag);
    } catch (error) {
      this.isRequired = true;
      throw error;
    }
    const gone = await this.held.renew(this.held.all());
    for (const delivery of gone) this.held.forget(delivery);
    return gone;
  }

  private async giveBack(tag: string): Promise<void> {
    const { link, keys } = this.context;
    const record = (await link.call('read a message', 'hget', [keys.unacked, tag])) as string | null;
    const parts = record === null ? undefined : splitRecord(record);
    const parsed = parseRedisTag(tag);
    if (parts === undefined || parsed === undefined) return;
    const list = listOf(keys, parts.routingKey, parsed.step);
    const delivery = this.held.add(tag, list, parsed.number, parts.envelope, 0, isRedelivered(parts.envelope));
    await this.held.settle([{ delivery, as: 'release' }]);
  }
}
