import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RedisCommandError, RedisRefusedError, RedisUnsuitableError } from '../../../lib/errors/index.js';
import { message } from '../../conformance/broker.bench.js';
import { describeWithServer } from '../../tools/servers.js';
import { lookInto, prepareBroker, refusal, startOwnServer, withAccess } from './own-server.js';

/** A server that answers as little as a client needs to find out what it is. */
async function startFake(info: string): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      for (const command of data.toString().matchAll(/^\*\d+\r\n\$\d+\r\n(\w+)\r\n/gim)) {
        socket.write(/^info$/i.test(command[1] ?? '') ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

describeWithServer('redis', 'the health of a Redis at start', (shared) => {
  describe('refuses at once, saying what to do', () => {
    it('a wrong password, without telling it', async () => {
      const { url } = await startOwnServer(['--requirepass', 'sesame']);

      const error = await refusal(withAccess(url, { password: 'wrong-one' }));

      expect(error).toBeInstanceOf(RedisRefusedError);
      expect(error.message).toMatch(/wrong user or password .*Check the URL/);
      expect(error.message).not.toContain('wrong-one');
    });

    it('a password that is missing', async () => {
      const { url } = await startOwnServer(['--requirepass', 'sesame']);

      const error = await refusal(url);

      expect(error).toBeInstanceOf(RedisRefusedError);
      expect(error.message).toContain('it asks for a password, and the URL has none');
    });

    it('a database that is not there', async () => {
      const error = await refusal(withAccess(shared, { pathname: '/4000' }));

      expect(error).toBeInstanceOf(RedisRefusedError);
      expect(error.message).toMatch(/no such database .*Check the end of the URL/);
    });

    it.each(['6.0.16', '5.0.3', '2.8.0'])('Redis %s', async (version) => {
      const url = await startFake(`# Server\r\nredis_version:${version}\r\nmaxmemory_policy:noeviction\r\n`);

      const error = await refusal(url);

      expect(error).toBeInstanceOf(RedisUnsuitableError);
      expect(error.message).toMatch(new RegExp(`it is Redis ${version}, and 6.2 or later is needed .*Upgrade`));
    });

    it('a cluster', async () => {
      const url = await startFake('redis_version:7.2.0\r\ncluster_enabled:1\r\nmaxmemory_policy:noeviction\r\n');

      expect((await refusal(url)).message).toContain('it is a Redis Cluster');
    });

    it('a replica', async () => {
      const primary = await startOwnServer();
      const replica = await startOwnServer(['--replicaof', '127.0.0.1', String(primary.port)]);

      const error = await refusal(replica.url);

      expect(error).toBeInstanceOf(RedisUnsuitableError);
      expect(error.message).toContain('it is a replica, which takes no writes; connect to its primary');
    });

    it('a server that drops messages when it is full', async () => {
      const { url } = await startOwnServer(['--maxmemory-policy', 'allkeys-lru']);

      const error = await refusal(url);

      expect(error).toBeInstanceOf(RedisUnsuitableError);
      expect(error.message).toMatch(/"maxmemory-policy" is "allkeys-lru".*Set "maxmemory-policy noeviction"/);
    });
  });

  it('accepts a server that drops messages where that is allowed, and warns', async () => {
    const { url } = await startOwnServer(['--maxmemory-policy', 'volatile-ttl', '--appendonly', 'yes']);
    const { broker, logged } = prepareBroker(url, { allowEviction: true });

    await broker.connect();

    expect(logged.filter((line) => line.startsWith('warn'))).toEqual([
      expect.stringMatching(/has "maxmemory-policy volatile-ttl": once it is full it may drop messages/),
    ]);
  });

  it.each([
    [['--save', ''], 'keeps nothing on disk'],
    [['--save', '60', '1'], 'writes snapshots only'],
  ])('warns of a server that forgets when it restarts: %j', async (args, words) => {
    const { url } = await startOwnServer(args);
    const { broker, logged } = prepareBroker(url);

    await broker.connect();

    expect(logged.filter((line) => line.startsWith('warn'))).toEqual([expect.stringContaining(words)]);
    expect(logged.join()).toContain('"appendonly yes"');
  });

  it('has nothing to warn of where a server keeps what it confirms', async () => {
    const { url } = await startOwnServer([], { appendOnly: true });
    const { broker, logged } = prepareBroker(url);

    await broker.connect();

    expect(logged.filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  it.each([
    [['--zset-max-ziplist-entries', '128', '--zset-max-ziplist-value', '100'], [/"zset-max-listpack-value 64"/]],
    [['--zset-max-ziplist-entries', '8', '--zset-max-ziplist-value', '100'], []],
    [['--zset-max-ziplist-entries', '512'], []],
  ])('warns of settings that make takes cost twice as much, and how to mend it: %j', async (args, words) => {
    const { url } = await startOwnServer(args, { appendOnly: true });
    const { broker, logged } = prepareBroker(url);

    await broker.connect();

    const warnings = logged.filter((line) => line.startsWith('warn'));
    expect(warnings).toEqual(words.map((word) => expect.stringMatching(word)));
  });

  it('names the fix where a primary becomes a replica, and goes on once it is one no more', async () => {
    const server = await startOwnServer();
    const other = await startOwnServer();
    const { broker } = prepareBroker(server.url);
    await broker.connect();
    const admin = lookInto(server.url);
    await admin.replicaof('127.0.0.1', other.port);

    const refused = broker.publish([message('a')]);

    await expect(refused).rejects.toThrow(RedisCommandError);
    await expect(refused).rejects.toThrow(/READONLY.*connect to the primary/);
    await admin.replicaof('NO', 'ONE');
    await broker.publish([message('b')]);
    expect(await broker.queues?.size('q')).toBe(1);
  });
});
