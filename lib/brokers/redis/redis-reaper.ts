import { fence, restore } from './lua.generated.js';
import { readTime, tagsUntil } from './redis-index.js';
import type { RedisContext } from './redis-context.js';
import { lossesKeyOf } from './redis-envelope.js';
import { readGiven } from './redis-given.js';
import { parseRedisTag } from './redis-record.js';
import { LOSSES_S } from './redis-settlement.js';

/** Records read at once, and their bytes beyond the first: what takes long to read keeps the reaper from its own lease. */
const READ_PAGE = 16;
const READ_ROOM = 1024 * 1024;
/** One that was cut off and wakes up within this time is told so. */
const FENCED_S = 60;

/** Gives back what dead workers held. Any number of workers may do it at once: the server gives each message back once. */
export class RedisReaper {
  private running: Promise<number> | undefined;
  private hasBegun = false;

  constructor(private readonly context: RedisContext) {}

  /** Whether it was broken off: those it has cut off are not found by their leases any more. */
  get isUnfinished(): boolean {
    return this.hasBegun && this.running === undefined;
  }

  /** Looks for workers whose lease has ended; returns how many messages were given back. */
  reap(): Promise<number> {
    this.running ??= this.reapNow().finally(() => (this.running = undefined));
    return this.running;
  }

  /** Cuts a worker off, whether its lease has ended or not, and gives back what it held, uncharged. */
  async cutOff(owner: string): Promise<number> {
    await this.fence(owner, true);
    return this.restoreAllOf(new Set([owner]), 0);
  }

  /**
   * Gives back what these workers hold, who are known to be gone.
   * @param rememberS how long the loss of each is remembered; 0 counts none
   */
  async restoreAllOf(owners: ReadonlySet<string>, rememberS = LOSSES_S): Promise<number> {
    return sum(await this.restoreByOwner(owners, rememberS));
  }

  /** @returns how many messages were given back, by owner */
  private async restoreByOwner(owners: ReadonlySet<string>, rememberS: number): Promise<ReadonlyMap<string, number>> {
    const restored = new Map<string, number>();
    for (let before = -1; before < sum(restored);) {
      before = sum(restored);
      const tags = (await tagsUntil(this.context, await readTime(this.context.link))).filter((tag) =>
        owners.has(parseRedisTag(tag)?.owner ?? ''),
      );
      await this.restore(tags, rememberS, restored);
    }
    return restored; // nothing is left, or others were faster
  }

  private async reapNow(): Promise<number> {
    const { link, keys, owner: own, log } = this.context;
    const now = await readTime(link);
    const expired = (await link.call('look for dead workers', 'zrange', [
      keys.workers,
      '-inf',
      now,
      'BYSCORE',
    ])) as string[];
    const fenced = (await link.call('look for dead workers', 'zrange', [keys.fenced, 0, -1])) as string[];
    const dead = new Set(fenced);
    this.hasBegun = true;
    for (const owner of expired) if (owner !== own && (await this.fence(owner, false))) dead.add(owner);
    if (dead.size === 0) {
      this.hasBegun = false;
      return 0;
    }
    const restored = await this.restoreByOwner(dead, LOSSES_S);
    const long = (Number(now) - FENCED_S).toFixed(6);
    await link.call('forget dead workers', 'zremrangebyscore', [keys.fenced, '-inf', long]);
    this.hasBegun = false;
    for (const [owner, count] of restored) {
      log.warn(`Gave back ${count} message${count === 1 ? '' : 's'} of worker ${owner}, which is gone`);
    }
    return sum(restored);
  }

  private async fence(owner: string, always: boolean): Promise<boolean> {
    const { link, keys } = this.context;
    return (await link.run(fence, [keys.workers, keys.fenced], [owner, always ? 1 : 0])) === 1;
  }

  /** The newest first, so that the oldest stands outermost. */
  private async restore(tags: readonly string[], rememberS: number, restored: Map<string, number>): Promise<void> {
    const newestFirst = tags
      .map((tag) => ({ tag, number: parseRedisTag(tag)?.number ?? 0 }))
      .sort((one, other) => other.number - one.number);
    for (let at = 0; at < newestFirst.length; at += READ_PAGE) {
      const page = newestFirst.slice(at, at + READ_PAGE).map(({ tag }) => tag);
      for (const part of await this.partBySize(page)) await this.restorePage(part, rememberS, restored);
    }
  }

  private async partBySize(tags: readonly string[]): Promise<readonly (readonly string[])[]> {
    const { link, keys } = this.context;
    const sizes = await Promise.all(tags.map((tag) => link.call('measure a message', 'hstrlen', [keys.unacked, tag])));
    const parts: string[][] = [];
    let room = 0;
    tags.forEach((tag, index) => {
      const size = Number(sizes[index]);
      const part = parts.at(-1);
      if (part === undefined || size > room) {
        parts.push([tag]);
        room = READ_ROOM;
      } else {
        part.push(tag);
        room -= size;
      }
    });
    return parts;
  }

  private async restorePage(tags: readonly string[], rememberS: number, restored: Map<string, number>): Promise<void> {
    const { link, keys } = this.context;
    const records = (await link.call('read messages', 'hmget', [keys.unacked, ...tags])) as (string | null)[];
    const given = await Promise.all(records.map((record, index) => readGiven(this.context, tags[index] ?? '', record)));
    const byOwner = new Map<string, { keys: string[]; args: (string | Buffer)[] }>();
    const dangling: string[] = [];
    tags.forEach((tag, index) => {
      const { owner = '', step = 0 } = parseRedisTag(tag) ?? {};
      const record = records[index];
      if (record === null || record === undefined) return void dangling.push(tag);
      const { parts, text } = given[index] ?? {};
      if (parts === undefined || text === undefined) return;
      const call = byOwner.get(owner) ?? { keys: [], args: [] };
      byOwner.set(owner, call);
      call.keys.push(keys.list(parts.routingKey, step), lossesKeyOf(keys, parts.envelope));
      call.args.push(tag, text, '0');
    });
    if (dangling.length > 0) await link.call('drop tags', 'zrem', [keys.index, ...dangling]);
    for (const [owner, call] of byOwner) {
      const fixed = [keys.unacked, keys.index, keys.workers, keys.suspects];
      const count = Number(await link.run(restore, [...fixed, ...call.keys], [owner, rememberS, ...call.args]));
      if (count > 0) restored.set(owner, (restored.get(owner) ?? 0) + count);
    }
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
