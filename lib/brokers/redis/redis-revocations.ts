import type { RedisLink } from '../../connections/index.js';
import type { RevocationListener, RevocationStore, RunningOrder } from '../broker.interface.js';
import { MOST_REVOCATIONS } from '../virtual/limits.js';
import { formatRunningOrder, parseRunningOrder, tellRevocations } from '../virtual/running-order.js';
import type { Connected } from './redis-abilities.js';
import { readTime } from './redis-index.js';

/** Ids of one call. */
const PAGE = 500;

/** Ids by the end of their revocation in one sorted set; in another, behind a word, those whose running tasks are meant as well. New ones are broadcast. */
export class RedisRevocationStore implements RevocationStore {
  /** @param connect makes a connection of its own for one who follows */
  constructor(
    private readonly connected: Connected,
    private readonly connect: (onReconnect: () => void) => RedisLink,
  ) {}

  async revoke(taskIds: readonly string[], ttlMs: number, running?: RunningOrder): Promise<void> {
    if (taskIds.length === 0) return;
    const { link, keys } = this.connected();
    const order = running === undefined ? undefined : formatRunningOrder(running);
    const now = Number(await readTime(link));
    const until = (now + ttlMs / 1_000).toFixed(6);
    const sets = order === undefined ? [keys.revoked] : [keys.revoked, keys.revokedRunning];
    for (const key of sets)
      await link.call('forget old revocations', 'zremrangebyscore', [key, '-inf', now.toFixed(6)]);
    for (let at = 0; at < taskIds.length; at += PAGE) {
      const page = taskIds.slice(at, at + PAGE);
      await link.call('revoke tasks', 'zadd', [keys.revoked, 'GT', ...page.flatMap((id) => [until, id])]);
      if (order !== undefined) {
        const members = page.flatMap((id) => [until, `${order}:${id}`]);
        await link.call('revoke tasks', 'zadd', [keys.revokedRunning, 'GT', ...members]);
      }
      await link.call('revoke tasks', 'publish', [keys.revoked, JSON.stringify({ ids: page, running: order })]);
    }
    for (const key of sets) {
      await link.call('forget old revocations', 'zremrangebyrank', [key, 0, -MOST_REVOCATIONS - 1]);
    }
  }

  /** Those in force are read after each connection, so that none falls in between. */
  async follow(listener: RevocationListener): Promise<{ close(): Promise<void> }> {
    const { keys } = this.connected();
    const link: RedisLink = this.connect(() => void begin().catch(() => undefined)); // the next connection tries again
    const begin = async (): Promise<void> => {
      await link.call('follow revocations', 'subscribe', [keys.revoked]);
      const ids = await this.inForce(keys.revoked);
      if (ids.length > 0) listener(ids, undefined);
      tellRevocations((await this.inForce(keys.revokedRunning)).map(parseMember), listener);
    };
    link.onMessage((_channel, text) => tellMessage(text, listener));
    await link.connect();
    await begin();
    return { close: async () => link.close() };
  }

  private async inForce(key: string): Promise<string[]> {
    const { link } = this.connected();
    return (await link.call('read revocations', 'zrange', [key, await readTime(link), '+inf', 'BYSCORE'])) as string[];
  }
}

function parseMember(member: string): { readonly taskId: string; readonly running: string } {
  const end = member.indexOf(':');
  return { taskId: member.slice(end + 1), running: member.slice(0, end) };
}

/** Others can write on a channel too. */
function tellMessage(text: string, listener: RevocationListener): void {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    return;
  }
  if (typeof told !== 'object' || told === null) return;
  const { ids, running } = told as { readonly ids?: unknown; readonly running?: unknown };
  const taskIds = Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  if (taskIds.length === 0) return;
  listener(taskIds, typeof running === 'string' ? parseRunningOrder(running) : undefined);
}
