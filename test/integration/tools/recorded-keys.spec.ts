import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { commandsFor, commandsOf, keysOf, readVector } from '../../fixtures/wire/vectors.js';
import { describeWithServer } from '../../tools/servers.js';

describeWithServer('redis', 'recorded keys', (url) => {
  it('come about in a Redis, and the recorded commands lead from what was to what followed', async () => {
    const redis = new Redis(url.replace(/0$/, '200'));
    try {
      for (const name of ['ack', 'reject', 'purge', 'delete_queue']) {
        const vector = readVector('redis-broker', name);
        await redis.flushdb();
        for (const [command = '', ...args] of commandsFor(keysOf(vector, 'before'))) await redis.call(command, ...args);
        const before = await redis.keys('*');
        for (const [command = '', ...args] of commandsOf(vector)) await redis.call(command, ...args);
        const after = await redis.keys('*');

        expect(before.sort()).toEqual(keysOf(vector, 'before').map(({ key }) => key));
        expect(after.sort()).toEqual(keysOf(vector, 'after').map(({ key }) => key));
      }
    } finally {
      await redis.flushdb();
      await redis.quit();
    }
  });
});
