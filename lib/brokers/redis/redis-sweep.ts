import { randomUUID } from 'node:crypto';
import { EnvelopeMessage, formatDeadLetter } from '../../protocol/index.js';
import { restore, settle } from './lua.generated.js';
import type { RedisContext } from './redis-context.js';
import { readGiven } from './redis-given.js';
import { readTime, tagsUntil } from './redis-index.js';
import type { RedisReaper } from './redis-reaper.js';
import { parseRedisTag, type UnackedRecord } from './redis-record.js';
import { routeByBindings } from './redis-routing.js';
import { LOSSES_S } from './redis-settlement.js';
import { stepOf } from './redis.options.js';

const PERIOD_MS = 60_000;
const MUTEX_MS = 300_000;

/**
 * Looks through all that is held, once a minute and by chance a bit earlier or later: gives back what belongs to workers that
 * nobody knows any more, and what Python workers have held for longer than the visibility timeout.
 * @source kombu/transport/redis.py `QoS.restore_visible`
 */
export class RedisSweep {
  private dueMs: number;

  constructor(
    private readonly context: RedisContext,
    private readonly reaper: RedisReaper,
    /** Whose dead letters get records that name no queue. */
    private readonly queue: string,
  ) {
    this.dueMs = context.clock.monotonic() + this.periodMs() / 10; // soon after the start, as kombu does
  }

  /** Returns how many messages were given back. */
  async runWhenDue(): Promise<number> {
    if (this.context.clock.monotonic() < this.dueMs) return 0;
    this.dueMs = this.context.clock.monotonic() + this.periodMs();
    return this.run();
  }

  async run(): Promise<number> {
    const tags = await tagsUntil(this.context, await readTime(this.context.link));
    const orphans = await this.restoreOrphans(tags);
    return orphans + (await this.restoreForeign());
  }

  private periodMs(): number {
    return Math.min(PERIOD_MS, this.context.options.visibilityTimeoutMs) * (0.7 + Math.random() * 0.6);
  }

  private async restoreOrphans(tags: readonly string[]): Promise<number> {
    const { link, keys, owner: own } = this.context;
    const owners = [...new Set(tags.map((tag) => parseRedisTag(tag)?.owner))].filter(
      (owner) => owner !== undefined && owner !== own,
    ) as string[];
    if (owners.length === 0) return 0;
    const known = (await link.call('look for workers', 'zmscore', [keys.workers, ...owners])) as (string | null)[];
    const gone = owners.filter((_, index) => known[index] === null);
    return gone.length === 0 ? 0 : this.reaper.restoreAllOf(new Set(gone));
  }

  /** By kombu's own lock, so that a fleet of both looks once. */
  private async restoreForeign(): Promise<number> {
    const { link, keys, options, owner, log } = this.context;
    const now = Number(await readTime(link));
    const before = (now - options.visibilityTimeoutMs / 1_000).toFixed(6);
    const old = (await tagsUntil(this.context, before)).filter((tag) => parseRedisTag(tag) === undefined);
    if (old.length === 0) return 0;
    if ((await link.call('lock', 'set', [keys.mutex, owner, 'PX', MUTEX_MS, 'NX'])) === null) return 0;
    let restored = 0;
    try {
      for (const tag of old.reverse()) restored += await this.restoreOne(tag);
    } finally {
      const holder = await link.call('unlock', 'get', [keys.mutex]);
      if (holder === owner) await link.call('unlock', 'del', [keys.mutex]);
    }
    if (restored > 0)
      log.warn(`Gave back ${restored} messages that other workers held for longer than the visibility timeout`);
    return restored;
  }

  private async restoreOne(tag: string): Promise<number> {
    const { link, keys } = this.context;
    const [record, score] = (await Promise.all([
      link.call('read a message', 'hget', [keys.unacked, tag]),
      link.call('read a message', 'zscore', [keys.index, tag]),
    ])) as [string | null, string | null];
    if (record === null || score === null) {
      if (record === null && score !== null) await link.call('drop a tag', 'zrem', [keys.index, tag]);
      return 0;
    }
    const { parts, text } = await readGiven(this.context, tag, record);
    if (parts === undefined || text === undefined) return this.bury(tag);
    let restored = 0;
    for (const list of await this.destinations(parts)) {
      const fixed = [keys.unacked, keys.index, keys.workers, keys.suspects, list, keys.losses('', 0)];
      restored += Number(await link.run(restore, fixed, ['', LOSSES_S, tag, text, score]));
    }
    return restored;
  }

  /** Kombu's own sweep ends at a record that it cannot read, so it must not stay. */
  private async bury(tag: string): Promise<number> {
    const { link, keys, owner, clock, log } = this.context;
    const record = await link.callBuffer('read a message', 'hget', [keys.unacked, tag]);
    if (!Buffer.isBuffer(record)) return 0;
    const error = `Record "${tag}" in "${keys.unacked}" of ${link.store} is none that a worker can have written.`;
    const death = { queue: this.queue, reason: 'undecodable', error, timeMs: clock.now(), count: 1 };
    const text = formatDeadLetter(record, { ...death, exchange: '', routingKey: this.queue }, randomUUID());
    const fixed = [keys.unacked, keys.index, keys.suspects, keys.parked, `${keys.worker(owner)}:sweep`, keys.steps];
    await link.run(settle, [...fixed, keys.dead(this.queue)], [1, tag, 'bury', 1, 1, text]);
    log.warn(`${error} It is a dead letter of queue "${this.queue}" now`);
    return 0;
  }

  /** The first alone: a record is one copy of a message, whatever its exchange would do with a new one. */
  private async destinations({ envelope, exchange, routingKey }: UnackedRecord): Promise<readonly string[]> {
    const { link, keys, options } = this.context;
    const bound = exchange === '' ? [] : await routeByBindings(link, keys, exchange, routingKey);
    return [keys.list(bound[0] ?? routingKey, stepOf(priorityOf(envelope), options.prioritySteps))];
  }
}

function priorityOf(envelope: string): number {
  try {
    return new EnvelopeMessage(envelope).properties.priority;
  } catch {
    return 0;
  }
}
