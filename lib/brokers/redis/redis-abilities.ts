import type { RedisLink } from '../../connections/index.js';
import { EnvelopeMessage, type OutgoingMessage } from '../../protocol/index.js';
import type { TickClaims } from '../broker.interface.js';
import type { ParkedMessage, QueueInspection, QueueStats } from '../queue-inspection.interface.js';
import { TICK_CLAIM_MS } from '../virtual/limits.js';
import { oldestAge } from '../virtual/waiting-age.js';
import { lookThrough, publishTick, purgeParked } from './lua.generated.js';
import { readTime } from './redis-index.js';
import type { RedisKeys } from './redis-keys.js';
import { listOf, type QueueList } from './redis-lists.js';
import type { RedisPublisher } from './redis-publisher.js';
import { recordTail, splitRecord } from './redis-record.js';

/** What the abilities of a connected broker work with. */
export interface RedisTools {
  readonly link: RedisLink;
  readonly keys: RedisKeys;
  readonly steps: readonly number[];
  readonly publisher: RedisPublisher;
}

export type Connected = () => RedisTools;

/** Entries that one call looks at. */
const PAGE = 500;
/** Most parked messages that are looked at for those of one queue. */
const MOST_LOOKED_AT = 5_000;

export class RedisTickClaims implements TickClaims {
  constructor(private readonly connected: Connected) {}

  async publishTick(entry: string, dueMs: number, message: OutgoingMessage): Promise<boolean> {
    const { link, keys, publisher } = this.connected();
    const [routed] = await publisher.route([message]);
    if (routed === undefined) return false;
    const { key, text } = publisher.place(routed);
    return (await link.run(publishTick, [keys.tick(entry, dueMs), key], [TICK_CLAIM_MS / 1_000, text])) === 1;
  }
}

export class RedisQueueInspection implements QueueInspection {
  constructor(private readonly connected: Connected) {}

  async size(queue: string): Promise<number> {
    const lengths = await Promise.all(
      this.listsOf(queue).flatMap(({ key, head }) => [this.length(key), this.length(head)]),
    );
    return lengths.reduce((sum, length) => sum + length, 0);
  }

  async purge(queue: string): Promise<number> {
    const { link, keys } = this.connected();
    let purged = await this.size(queue);
    await link.call(
      'purge a queue',
      'unlink',
      this.listsOf(queue).flatMap(({ key, head }) => [key, head]),
    );
    for (let first = 0; ;) {
      const fixed = [keys.unacked, keys.index, keys.parked];
      const [looked, deleted] = (await link.run(purgeParked, fixed, [first, recordTail(queue)])) as [number, number];
      purged += deleted;
      first += looked - deleted;
      if (looked < PAGE) return purged;
    }
  }

  /** Looks through all that is held and parked, of every queue: for people, not for programs that ask every second. */
  async stats(queue: string): Promise<QueueStats> {
    const { link, keys } = this.connected();
    const fixed = [keys.unacked, keys.index, keys.parked, ...this.keysOf(queue)];
    let [held, parked, waiting] = [0, 0, 0];
    for (let first = 0; ; first += PAGE) {
      const reply = await link.run(lookThrough, fixed, [first, recordTail(queue)]);
      const [looked, heldHere, parkedHere, waits] = reply as [number, number, number, number];
      held += heldHere;
      parked += parkedHere;
      waiting = waits;
      if (looked < PAGE) break;
    }
    const oldestAgeMs = oldestAge(await this.outermost(queue), Number(await readTime(link)) * 1_000);
    return { waiting, held, parked, dead: await this.length(keys.dead(queue)), oldestAgeMs };
  }

  /** Of each list the one that is taken next. */
  private async outermost(queue: string): Promise<readonly string[]> {
    const { link } = this.connected();
    const texts = await Promise.all(this.keysOf(queue).map((key) => link.call('look at a queue', 'lindex', [key, -1])));
    return texts.filter((text) => typeof text === 'string');
  }

  /** Looks through the parked of every queue, up to some thousands. */
  async parked(queue: string, limit: number): Promise<readonly ParkedMessage[]> {
    const { link, keys } = this.connected();
    const found: ParkedMessage[] = [];
    for (let first = 0; found.length < limit && first < MOST_LOOKED_AT; first += PAGE) {
      const range = [keys.parked, first, first + PAGE - 1, 'WITHSCORES'];
      const pairs = (await link.call('look at parked messages', 'zrange', range)) as string[];
      const tags = pairs.filter((_, index) => index % 2 === 0);
      if (tags.length === 0) break;
      const records = (await link.call('look at parked messages', 'hmget', [keys.unacked, ...tags])) as (
        string | null
      )[];
      records.forEach((text, index) => {
        const record = text === null ? undefined : splitRecord(text);
        if (record === undefined || record.routingKey !== queue || record.exchange !== '') return;
        const dueMs = Number(pairs[2 * index + 1]) * 1_000;
        found.push({ dueMs, message: new EnvelopeMessage(record.envelope) });
      });
    }
    return found.slice(0, limit);
  }

  async pause(queue: string): Promise<void> {
    const { link, keys } = this.connected();
    await link.call('pause a queue', 'sadd', [keys.paused, queue]);
  }

  /** Workers that wait notice it within a second, which is how often they look. */
  async resume(queue: string): Promise<void> {
    const { link, keys } = this.connected();
    await link.call('resume a queue', 'srem', [keys.paused, queue]);
  }

  async paused(): Promise<readonly string[]> {
    const { link, keys } = this.connected();
    return ((await link.call('read the paused queues', 'smembers', [keys.paused])) as string[]).sort();
  }

  private keysOf(queue: string): readonly string[] {
    return this.listsOf(queue).flatMap(({ key, head }) => [key, head]);
  }

  private listsOf(queue: string): readonly QueueList[] {
    const { keys, steps } = this.connected();
    return steps.map((step) => listOf(keys, queue, step));
  }

  private async length(key: string): Promise<number> {
    return Number(await this.connected().link.call('measure a queue', 'llen', [key]));
  }
}
