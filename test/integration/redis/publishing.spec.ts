import type { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Broker } from '../../../lib/brokers/index.js';
import { publish } from '../../../lib/brokers/redis/lua.generated.js';
import { RedisKeys } from '../../../lib/brokers/redis/redis-keys.js';
import { resolveRedisBrokerOptions } from '../../../lib/brokers/redis/redis.options.js';
import { WatchedLane } from '../../../lib/brokers/redis/watched-lane.js';
import { RedisLink } from '../../../lib/connections/index.js';
import { RedisCommandError } from '../../../lib/errors/index.js';
import { systemClock } from '../../../lib/time/index.js';
import { messages } from '../../conformance/broker.bench.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { FaultBench } from './fault-bench.js';
import { lookInto, prepareBroker, startOwnServer, withAccess } from './own-server.js';

/** Enough text to go without the script. */
const MANY = 60;

/** How often the server was asked for each of these commands. */
async function countsOf(admin: Redis, ...commands: readonly string[]): Promise<readonly number[]> {
  const stats = await admin.info('commandstats');
  return commands.map((name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0));
}

async function openBroker(url: string): Promise<Broker> {
  const { broker } = prepareBroker(url);
  await broker.connect();
  return broker;
}

/** Resolves when batches may go without the script. */
async function watched(admin: Redis): Promise<void> {
  const isWatching = async (): Promise<boolean> =>
    ((await admin.call('client', 'list')) as string).includes('cmd=watch');
  await until(isWatching, { withinMs: 5_000, what: 'The sender watches its number' });
}

describeWithServer('redis', 'batches sent to Redis without a script', (url) => {
  it('are all but the first of a connection, and small ones', async () => {
    const server = await startOwnServer();
    const [broker, admin] = [await openBroker(server.url), lookInto(server.url)];

    await broker.publish(messages(MANY));
    await watched(admin);
    await admin.config('RESETSTAT');
    for (let round = 0; round < 10; round += 1) await broker.publish(messages(MANY));

    expect(await countsOf(admin, 'exec', 'evalsha')).toEqual([10, 0]);
    expect(await admin.llen('q')).toBe(MANY * 11);
    await broker.publish(messages(1));
    expect(await countsOf(admin, 'exec', 'evalsha')).toEqual([10, 1]);
  });

  it('are not those for several lists, or with a priority', async () => {
    const server = await startOwnServer();
    const [broker, admin] = [await openBroker(server.url), lookInto(server.url)];
    await broker.publish(messages(MANY));
    await watched(admin);
    await admin.config('RESETSTAT');

    await broker.publish(messages(MANY, 'm', { priority: 3 }));
    await broker.publish([...messages(MANY), ...messages(MANY, 'm', { queue: 'other' })]);

    expect(await countsOf(admin, 'exec', 'evalsha')).toEqual([0, 2]);
    expect(await admin.smembers('ntq:steps')).toEqual(['q\u0006\u00163']);
  });

  it('go on so when somebody has emptied the server', async () => {
    const server = await startOwnServer();
    const [broker, admin] = [await openBroker(server.url), lookInto(server.url)];
    await broker.publish(messages(MANY));
    await watched(admin);
    await admin.flushall();

    await broker.publish(messages(MANY));
    expect(await admin.llen('q')).toBe(MANY);
    await watched(admin);
    await admin.config('RESETSTAT');
    await broker.publish(messages(MANY));

    expect(await countsOf(admin, 'exec', 'evalsha')).toEqual([1, 0]);
    expect(await admin.llen('q')).toBe(2 * MANY);
  });

  it('are refused as by the script, and then go on', async () => {
    const server = await startOwnServer();
    const [broker, admin] = [await openBroker(server.url), lookInto(server.url)];
    await broker.publish(messages(MANY));
    await watched(admin);
    await admin.set('odd', 'a text');

    await expect(broker.publish(messages(MANY, 'm', { queue: 'odd' }))).rejects.toThrow(/WRONGTYPE odd is not a list/);
    await broker.publish(messages(MANY));

    expect(await admin.llen('q')).toBe(2 * MANY);
  });

  it('leave nothing behind on a server that has become full', async () => {
    const server = await startOwnServer();
    const [broker, admin] = [await openBroker(server.url), lookInto(server.url)];
    await broker.publish(messages(MANY));
    await watched(admin);

    await admin.config('SET', 'maxmemory', '1');
    await expect(broker.publish(messages(MANY))).rejects.toThrow(RedisCommandError);
    await admin.config('SET', 'maxmemory', '0');
    await broker.publish(messages(MANY));

    expect(await admin.llen('q')).toBe(2 * MANY);
  });

  it.each([
    ['transactions', '-@transaction'],
    ['their end', '-exec'],
    ['watching', '-watch'],
  ])('are not where a user may not use %s', async (_, rights) => {
    const server = await startOwnServer();
    const admin = lookInto(server.url);
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', rights);
    const broker = await openBroker(withAccess(server.url, { username: 'app', password: 'secret' }));

    for (let round = 0; round < 20; round += 1) await broker.publish(messages(MANY));

    expect(await admin.llen('q')).toBe(20 * MANY);
  });

  it('go by the script once a right is taken away', async () => {
    const server = await startOwnServer();
    const admin = lookInto(server.url);
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all');
    const broker = await openBroker(withAccess(server.url, { username: 'app', password: 'secret' }));
    await broker.publish(messages(MANY));
    await watched(admin);

    await admin.call('ACL', 'SETUSER', 'app', '-exec');
    for (let round = 0; round < 5; round += 1) await broker.publish(messages(MANY));

    expect(await admin.llen('q')).toBe(6 * MANY);
  });

  describe.each(['before', 'after'] as const)('whose connection is cut %s the server had them', (when) => {
    it.each([1, 3])('arrive once, %i senders at a time', async (senders) => {
      const bench = await FaultBench.open(url);
      onTestFinished(() => bench.close());
      const broker = await bench.broker();
      await bench.send(broker, MANY);
      await watched(bench.admin);
      const cut = when === 'after' ? bench.proxy.cutAfterRequest('exec') : bench.proxy.cutBeforeRequest('exec');

      await Promise.all(Array.from({ length: senders }, (__, sender) => broker.publish(messages(700, `s${sender}-`))));
      await cut;

      expect((await bench.expectRight()).ids.waiting).toHaveLength(MANY + senders * 700);
    });
  });
});

describeWithServer('redis', 'a batch and its repetition', () => {
  const share = { key: 'race', step: 0, texts: ['a', 'b'] };
  const open = async () => {
    const server = await startOwnServer();
    const admin = lookInto(server.url);
    const options = resolveRedisBrokerOptions(server.url, {});
    const connect = async (): Promise<RedisLink> => {
      const unavailable = (store: string, reason: string) => new Error(`${store}: ${reason}`);
      const link = new RedisLink({ address: options.address, options, role: 'test', clock: systemClock, unavailable });
      onTestFinished(() => link.close());
      await link.connect();
      return link;
    };
    const keys = new RedisKeys('');
    const lane = new WatchedLane('lane', await connect());
    await lane.prepare();
    expect(lane.acquire()).toBe(true);
    const other = await connect();
    const repeat = () => other.run(publish, ['lane', keys.steps, 'race'], [1, 100, 0, 2, 'a', 'b']);
    return { lane, admin, repeat };
  };

  it('put it there once when the repetition comes first', async () => {
    const { lane, admin, repeat } = await open();

    expect(await repeat()).toBe(1);
    expect(await lane.deliver(share, 1, 100)).toBe('undone');

    expect(await admin.lrange('race', 0, -1)).toEqual(['b', 'a']);
  });

  it('put it there once when the repetition comes later', async () => {
    const { lane, admin, repeat } = await open();

    expect(await lane.deliver(share, 1, 100)).toBe('done');
    expect(await repeat()).toBe(0);

    expect(await admin.lrange('race', 0, -1)).toEqual(['b', 'a']);
  });

  it('put it there once when the number was written by somebody else', async () => {
    const { lane, admin, repeat } = await open();

    await admin.set('lane', 0);
    expect(await lane.deliver(share, 1, 100)).toBe('undone');
    expect(await repeat()).toBe(1);

    expect(await admin.lrange('race', 0, -1)).toEqual(['b', 'a']);
  });
});
