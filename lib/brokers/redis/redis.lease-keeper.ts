import type { LeaseKeeper, TagSettlement } from '../broker.interface.js';
import { renewOwner, renewLease, settle } from './lua.generated.js';
import type { RedisContext } from './redis-context.js';
import { readTime } from './redis-index.js';
import { RedisReaper } from './redis-reaper.js';
import { parseRedisTag, splitRecord } from './redis-record.js';
import { SettlementWriter, type HeldText } from './redis-settlement.js';

/** Index entries that one call looks at. */
const PAGE = 1_000;
/** Nobody remembers a keeper's settlements: it acts once, before its process ends. */
const NUMBER = 1;

/** Acts for a consumer from another thread, on that thread's own connection. */
export class RedisLeaseKeeper implements LeaseKeeper {
  private readonly writer: SettlementWriter;
  private renewedMs: number;

  constructor(private readonly context: RedisContext) {
    this.writer = new SettlementWriter(context.keys, context.publisher);
    this.renewedMs = context.clock.monotonic();
  }

  async beat(): Promise<boolean> {
    const { link, keys, owner, options, clock } = this.context;
    const fixed = [keys.workers, keys.worker(owner)];
    if ((await link.run(renewLease, fixed, [owner, options.leaseMs / 1_000])) !== 1) return false;
    const renewalMs = Math.min(60_000, options.visibilityTimeoutMs / 3);
    if (clock.monotonic() - this.renewedMs < renewalMs / 2) return true;
    this.renewedMs = clock.monotonic();
    await this.renewHeld(Number(await readTime(link)));
    return true;
  }

  async settle(batch: readonly TagSettlement[]): Promise<readonly string[]> {
    const { link, keys, owner } = this.context;
    const own = batch.filter(({ tag }) => parseRedisTag(tag)?.owner === owner);
    const allKeys = [keys.unacked, keys.index, keys.suspects, keys.parked, `${keys.worker(owner)}:keeper`, keys.steps];
    const args: (string | number | Buffer)[] = [NUMBER];
    for (const settlement of own) {
      const held = settlement.as === 'requeue' ? await this.read(settlement.tag) : undefined;
      const call = this.writer.writeTag(settlement, await this.writer.route(settlement), held);
      allKeys.push(...call.keys);
      args.push(...call.args);
    }
    const gone = own.length === 0 ? [] : ((await link.run(settle, allKeys, args)) as readonly number[]);
    const lost = new Set(gone.map((index) => own[index - 1]?.tag));
    return batch.map(({ tag }) => tag).filter((tag) => lost.has(tag) || parseRedisTag(tag)?.owner !== owner);
  }

  fence(): Promise<number> {
    return new RedisReaper(this.context).cutOff(this.context.owner);
  }

  async close(): Promise<void> {
    this.context.link.close();
  }

  private async renewHeld(now: number): Promise<void> {
    const { link, keys, owner } = this.context;
    for (let skip = 0; ;) {
      const fixed = [keys.unacked, keys.index, keys.workers];
      const reply = await link.run(renewOwner, fixed, [owner, now.toFixed(6), PAGE, skip]);
      const [, looked = 0, renewed = 0] = reply as [string, number?, number?];
      skip += looked - renewed;
      if (looked < PAGE) return;
    }
  }

  private async read(tag: string): Promise<HeldText | undefined> {
    const { link, keys } = this.context;
    const record = (await link.call('read a message', 'hget', [keys.unacked, tag])) as string | null;
    const parts = record === null ? undefined : splitRecord(record);
    return parts && { list: keys.list(parts.routingKey, parseRedisTag(tag)?.step ?? 0), text: parts.envelope };
  }
}
