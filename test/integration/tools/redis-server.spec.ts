import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { RedisServer, type RedisServerOptions } from '../../tools/redis-server.js';
import { describeWithServer } from '../../tools/servers.js';

describeWithServer('redis', 'the Redis of a run', (url) => {
  it('answers at its url, with 256 databases', async () => {
    const redis = new Redis(url.replace(/0$/, '255'));

    expect(await redis.ping()).toBe('PONG');
    expect(await redis.config('GET', 'save')).toEqual(['save', '']);

    await redis.quit();
  });

  describe('a Redis of a test', () => {
    const closing: (() => Promise<unknown>)[] = [];

    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });

    async function setup(options: RedisServerOptions = {}) {
      const server = await RedisServer.start(options);
      closing.push(() => server.stop());
      const connect = (): Redis => {
        const redis = new Redis(server.url, { maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true });
        redis.on('error', () => undefined);
        closing.push(async () => redis.disconnect());
        return redis;
      };
      return { server, connect };
    }

    it('keeps its keys over a restart with an append-only file', async () => {
      const { server, connect } = await setup({ appendOnly: true });
      await connect().set('kept', 'yes');

      await server.restart();

      expect(await connect().get('kept')).toBe('yes');
    });

    it('comes back on its port after SIGKILL, without the keys that it did not write', async () => {
      const { server, connect } = await setup();
      await connect().set('kept', 'no');

      await server.kill('SIGKILL');
      await expect(connect().ping()).rejects.toThrow('Connection is closed');
      await server.restart();

      expect(await connect().get('kept')).toBeNull();
    });

    it('stands still by SIGSTOP and goes on by SIGCONT', async () => {
      const { server, connect } = await setup();
      const redis = connect();
      await redis.ping();

      await server.kill('SIGSTOP');
      let isAnswered = false;
      const answer = redis.ping().then(() => (isAnswered = true));
      await new Promise((resolve) => setImmediate(resolve));
      expect(isAnswered).toBe(false);
      await server.kill('SIGCONT');

      expect(await answer).toBe(true);
    });

    it('is stopped while it stands still, and its folder goes', async () => {
      const { server } = await setup();
      await server.kill('SIGSTOP');

      await server.stop();
      await server.stop();

      expect(server.isRunning).toBe(false);
      expect(existsSync(server.folder)).toBe(false);
    });

    it('takes further arguments', async () => {
      const { connect } = await setup({ args: ['--requirepass', 'secret', '--maxmemory-policy', 'allkeys-lru'] });

      await expect(connect().get('x')).rejects.toThrow('NOAUTH');
    });

    it('says why it does not start', async () => {
      await expect(RedisServer.start({ args: ['--no-such-option', '1'] })).rejects.toThrow(
        /redis-server on port \d+ ended at once:[^]*no-such-option/,
      );
    });
  });
});
