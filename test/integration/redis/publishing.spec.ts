import type { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Broker } from '../../../lib/brokers/index.js';
import { publish } from '../../../lib/brokers/redis/lua.generated.js';
import { PlainBatches } from '../../../lib/brokers/redis/plain-batches.js';
import { RedisKeys } from '../../../lib/brokers/redis/redis-keys.js';
import { resolveRedisBrokerOptions } from '../../../lib/brokers/redis/redis.options.js';
import { RedisLink } from '../../../lib/connections/index.js';
import { ConnectionLostError, RedisCommandError } from '../../../lib/errors/index.js';
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
async function prepared(admin: Redis): Promise<void> {
  const isPrepared = async (): Promise<boolean> =>
    ((await admin.call('client', 'list')) as string).includes('cmd=client|kill');
  await until(isPrepared, { withinMs: 5_000, what: 'The sender knows its connection' });
}

describeWithServer('redis', 'batches sent to Redis without a script', (url) => {
  it('are all but the first of a connection, and small ones', async () => {
    const server = await startOwnServer();
    const [broker, admin] = [await openBroker(server.url), lookInto(server.url)];

    await broker.publish(messages(MANY));
    await prepared(admin);
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
    await prepared(admin);
    await admin.config('RESETSTAT');

    await broker.publish(messages(MANY, 'm', { priority: 3 }));
    await broker.publish([...messages(MANY), ...messages(MANY, 'm', { queue: 'other' })]);

    expect(await countsOf(admin, 'exec', 'evalsha')).toEqual([0, 2]);
    expect(await admin.smembers('ntq:steps')).toEqual(['q\u0006\u00163']);
  });

  it('go over one connection without waiting for one another, in order', async () => {
    const server = await startOwnServer();
    const [broker, admin] = [await openBroker(server.url), lookInto(server.url)];
    await broker.publish(messages(MANY));
    await prepared(admin);
    await admin.del('q');
    await admin.config('RESETSTAT');

    await Promise.all(['a', 'b', 'c'].map((name) => broker.publish(messages(MANY, name))));

    expect(await countsOf(admin, 'exec', 'evalsha')).toEqual([3, 0]);
    const ids = (await admin.lrange('q', 0, -1)).map((text) => /"id":"([a-c])/.exec(text)?.[1]);
    expect(ids.toReversed().join('')).toBe('a'.repeat(MANY) + 'b'.repeat(MANY) + 'c'.repeat(MANY));
  });

  it('are refused as by the script, and then go on', async () => {
    const server = await startOwnServer();
    const [broker, admin] = [await openBroker(server.url), lookInto(server.url)];
    await broker.publish(messages(MANY));
    await prepared(admin);
    await admin.set('odd', 'a text');

    await expect(broker.publish(messages(MANY, 'm', { queue: 'odd' }))).rejects.toThrow(/WRONGTYPE odd is not a list/);
    await broker.publish(messages(MANY));

    expect(await admin.llen('q')).toBe(2 * MANY);
  });

  it('leave nothing behind on a server that has become full', async () => {
    const server = await startOwnServer();
    const [broker, admin] = [await openBroker(server.url), lookInto(server.url)];
    await broker.publish(messages(MANY));
    await prepared(admin);

    await admin.config('SET', 'maxmemory', '1');
    await expect(broker.publish(messages(MANY))).rejects.toThrow(RedisCommandError);
    await admin.config('SET', 'maxmemory', '0');
    await broker.publish(messages(MANY));

    expect(await admin.llen('q')).toBe(2 * MANY);
  });

  it.each([
    ['transactions', '-@transaction'],
    ['their end', '-exec'],
    ['the end of connections', '-client|kill'],
    ['what the server knows of its connection', '-client|info'],
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
    await prepared(admin);

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
      await prepared(bench.admin);
      const cut = when === 'after' ? bench.proxy.cutAfterRequest('exec') : bench.proxy.cutBeforeRequest('exec');

      await Promise.all(Array.from({ length: senders }, (__, sender) => broker.publish(messages(700, `s${sender}-`))));
      await cut;

      expect((await bench.expectRight()).ids.waiting).toHaveLength(MANY + senders * 700);
    });
  });
});

describeWithServer('redis', 'a batch and its repetition', (url) => {
  const open = async () => {
    const bench = await FaultBench.open(url);
    onTestFinished(() => bench.close());
    const { admin, proxy, keyPrefix } = bench;
    const [race, lane] = [`${keyPrefix}race`, `${keyPrefix}lane`];
    const connect = async (to: string): Promise<RedisLink> => {
      const options = resolveRedisBrokerOptions(to, {});
      const unavailable = (store: string, reason: string) => new Error(`${store}: ${reason}`);
      const link = new RedisLink({ address: options.address, options, role: 'test', clock: systemClock, unavailable });
      onTestFinished(() => link.close());
      await link.connect();
      return link;
    };
    const [batches, others] = [
      new PlainBatches(await connect(proxy.urlFor(url))),
      new PlainBatches(await connect(url)),
    ];
    await batches.prepare();
    const { peer } = batches;
    if (peer === undefined) throw new Error('No batch may go.');
    const script = await connect(url);
    const repeat = () => script.run(publish, [lane, new RedisKeys(keyPrefix).steps, race], [1, 100, 0, 2, 'a', 'b']);
    const deliver = () => batches.deliver({ key: race, step: 0, texts: ['a', 'b'] }, lane, 1, 100);
    return { deliver, others, peer, proxy, repeat, sent: () => admin.lrange(race, 0, -1) };
  };

  it('put it there once when the server had it', async () => {
    const { deliver, others, peer, repeat, sent } = await open();

    expect(await deliver()).toBe('done');
    await others.end(peer);
    expect(await repeat()).toBe(0);

    expect(await sent()).toEqual(['b', 'a']);
  });

  it('put it there once when the first of them arrives late', async () => {
    const { deliver, others, peer, proxy, repeat, sent } = await open();
    const held = proxy.holdRequest('exec', 'request');
    const delivered = deliver().catch((error: unknown) => error);
    const release = await held;

    await others.end(peer);
    expect(await repeat()).toBe(1);
    release();

    expect(await delivered).toBeInstanceOf(ConnectionLostError);
    expect(await sent()).toEqual(['b', 'a']);
  });

  it('end no connection but that one', async () => {
    const { deliver, others, peer } = await open();

    await others.end({ ...peer, address: '127.0.0.1:1' });

    expect(await deliver()).toBe('done');
  });
});
