import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tagsUntil } from '../../../lib/brokers/redis/redis-index.js';
import { RedisKeys } from '../../../lib/brokers/redis/redis-keys.js';
import type { RedisLink } from '../../../lib/connections/index.js';
import { describeWithServer } from '../../tools/servers.js';

describeWithServer('redis', 'the index of what is held in Redis', (url) => {
  let redis: Redis;
  let keys: RedisKeys;

  beforeEach(() => {
    redis = new Redis(url);
    keys = new RedisKeys(`t${randomUUID().slice(0, 8)}:`);
  });
  afterEach(async () => {
    await redis.del(keys.index, keys.parked);
    redis.disconnect();
  });

  /** Held since one after another, or all at once. */
  async function hold(count: number, stepS: number): Promise<readonly string[]> {
    const tags = Array.from({ length: count }, (_, n) => `tag${String(n).padStart(5, '0')}`);
    await redis.zadd(keys.index, ...tags.flatMap((tag, n) => [1_000 + n * stepS, tag]));
    return tags;
  }

  /** Calls `between` after each look at the index. */
  function linkWith(between: (looks: number) => Promise<unknown>): RedisLink {
    let looks = 0;
    const call = async (_what: string, command: string, args: readonly (string | number)[]): Promise<unknown> => {
      const reply = await redis.call(command, ...args);
      if (command === 'zrange') await between((looks += 1));
      return reply;
    };
    return { call } as unknown as RedisLink;
  }

  it('is read without passing over any, though others settle meanwhile', async () => {
    const tags = await hold(3_500, 0.000_1);
    const link = linkWith(async (looks) => {
      if (looks === 1) await redis.zrem(keys.index, ...tags.slice(0, 700));
    });

    expect(await tagsUntil({ link, keys }, '2000')).toEqual(tags);
  });

  it('is read to its end where more than a page was held at one moment', async () => {
    const tags = await hold(3_500, 0);

    expect(await tagsUntil({ link: linkWith(async () => undefined), keys }, '2000')).toEqual(tags);
  });

  it('is read without what is parked, and without what came later', async () => {
    const tags = await hold(10, 100);
    await redis.zadd(keys.parked, 1_000, String(tags[0]));

    expect(await tagsUntil({ link: linkWith(async () => undefined), keys }, '1500')).toEqual(tags.slice(1, 6));
  });
});
