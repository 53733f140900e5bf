import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import type { Broker, Fanout, FanoutMessage } from '../../../lib/brokers/index.js';
import { SEPARATOR } from '../../../lib/brokers/redis/redis-keys.js';
import { describeWithServer } from '../../tools/servers.js';
import { TcpProxy } from '../../tools/tcp-proxy.js';
import { until } from '../../tools/until.js';
import { lookInto, prepareBroker } from './own-server.js';

const withinMs = 10_000;
const EXCHANGE = 'celery.pidbox';
const REPLIES = 'reply.celery.pidbox';

function note(body: string, routingKey = ''): FanoutMessage {
  return { routingKey, headers: { clock: 1 }, contentType: 'application/json', contentEncoding: 'utf-8', body };
}

describeWithServer('redis', 'reaching everyone over Redis', (url) => {
  async function open(at = url, keyPrefix = `t${randomUUID()}:`) {
    const { broker, logged } = prepareBroker(at, { keyPrefix });
    await broker.connect();
    return { broker, fanout: fanoutOf(broker), logged, keyPrefix };
  }

  async function openProxy(): Promise<TcpProxy> {
    const proxy = await TcpProxy.open(Number(new URL(url).port));
    onTestFinished(() => proxy.close());
    return proxy;
  }

  it('publishes where kombu does, and says how many heard', async () => {
    const { fanout, keyPrefix } = await open();
    const client = lookInto(url);
    const seen: string[] = [];
    client.on('message', (channel: string) => seen.push(channel));
    await client.subscribe(`${keyPrefix}/0.${EXCHANGE}`, `${keyPrefix}/0.celeryev/worker.online`);

    expect(await fanout.broadcast(EXCHANGE, note('a'))).toBe(1);
    expect(await fanout.broadcast('celeryev', note('b', 'worker.online'))).toBe(1);
    expect(await fanout.broadcast('celeryev', note('c', 'worker.offline'))).toBe(0);

    await until(() => seen.length === 2, { withinMs, what: 'Both messages' });
    expect(seen).toEqual([`${keyPrefix}/0.${EXCHANGE}`, `${keyPrefix}/0.celeryev/worker.online`]);
  });

  it('listens on one connection, for as long as anybody does', async () => {
    const { fanout, keyPrefix } = await open();
    const client = lookInto(url);
    const names = [`${keyPrefix}/0.${EXCHANGE}`, `${keyPrefix}/0.celeryev`];
    const countListeners = async (): Promise<unknown> => client.call('PUBSUB', 'NUMSUB', ...names);
    const nobody = names.flatMap((name) => [name, 0]);

    const listening = [
      await fanout.listen(EXCHANGE, '', () => undefined),
      await fanout.listen('celeryev', '#', () => undefined),
      await fanout.listen('celeryev', 'worker.#', () => undefined),
    ];

    expect(await countListeners()).toEqual(names.flatMap((name) => [name, 1]));
    await listening[0]?.close();
    await until(async () => ((await countListeners()) as unknown[])[1] === 0, { withinMs, what: 'One has left' });
    await Promise.all(listening.map((each) => each.close()));
    await until(async () => String(await countListeners()) === String(nobody), { withinMs, what: 'All have left' });
  });

  it('listens again, and reads answers on, when the connection was cut', async () => {
    const proxy = await openProxy();
    const { fanout, keyPrefix } = await open(proxy.urlFor(url));
    const { fanout: other } = await open(url, keyPrefix);
    const heard: string[] = [];
    const hear = ({ body }: FanoutMessage): void => void heard.push(String(body));
    await fanout.listen(EXCHANGE, '', hear);
    await fanout.listen('celeryev', 'worker.#', hear);
    await fanout.openReplies(REPLIES, 'me', hear);

    await proxy.drop();
    await proxy.pass();

    await until(async () => (await other.broadcast(EXCHANGE, note('all'))) === 1, {
      withinMs,
      what: 'It listens again',
    });
    await until(async () => (await other.broadcast('celeryev', note('event', 'worker.x'))) === 1, {
      withinMs,
      what: 'It listens to events again',
    });
    await other.reply(REPLIES, note('answer', 'me'));
    await until(() => heard.length === 3, { withinMs, what: 'All three', detail: () => heard.join(', ') });
    expect(heard.toSorted()).toEqual(['all', 'answer', 'event']);
  });

  it('binds a place for answers again when the server has lost it', async () => {
    const { fanout, keyPrefix } = await open();
    const client = lookInto(url);
    const proxy = await openProxy();
    const { fanout: asking } = await open(proxy.urlFor(url), keyPrefix);
    const heard: string[] = [];
    await asking.openReplies(REPLIES, 'me', ({ body }) => void heard.push(String(body)));

    await client.del(`${keyPrefix}_kombu.binding.${REPLIES}`);
    await proxy.drop();
    await proxy.pass();

    await until(
      async () => {
        await fanout.reply(REPLIES, note('answer', 'me'));
        return heard.includes('answer');
      },
      { withinMs, what: 'An answer arrives again' },
    );
  });

  it('binds a place for answers as kombu does, and leaves no key behind', async () => {
    const { broker, fanout, keyPrefix } = await open();
    const client = lookInto(url);
    const binding = `${keyPrefix}_kombu.binding.${REPLIES}`;

    const place = await fanout.openReplies(REPLIES, 'me', () => undefined);
    expect(await client.smembers(binding)).toEqual([`me${SEPARATOR}${SEPARATOR}me.${REPLIES}`]);
    const deadlineMs = Number(await client.zscore(`${keyPrefix}_kombu.binding_deadlines`, REPLIES));
    const [seconds] = await client.time();
    expect(Math.abs(deadlineMs - (Number(seconds) + 3_600) * 1_000)).toBeLessThan(60_000);

    await place.close();
    await fanout.reply(REPLIES, note('too late', 'me'));
    await fanout.openReplies(REPLIES, 'left open', () => undefined);
    await broker.close();
    expect(await client.keys(`${keyPrefix}*`)).toEqual([`${keyPrefix}_kombu.binding_deadlines`]);
  });

  it('has an answer run out that its asker never reads', async () => {
    const { fanout, keyPrefix } = await open();
    const client = lookInto(url);
    await client.sadd(`${keyPrefix}_kombu.binding.${REPLIES}`, `gone${SEPARATOR}${SEPARATOR}gone.${REPLIES}`);

    await fanout.reply(REPLIES, note('answer', 'gone'));

    expect(await client.lrange(`${keyPrefix}gone.${REPLIES}`, 0, -1)).toHaveLength(1);
    expect(await client.pttl(`${keyPrefix}gone.${REPLIES}`)).toBeGreaterThan(0);
    await client.del(`${keyPrefix}gone.${REPLIES}`, `${keyPrefix}_kombu.binding.${REPLIES}`);
  });

  it('drops what is no message with one line in the log, and hears the next', async () => {
    const { fanout, logged, keyPrefix } = await open();
    const heard: string[] = [];
    await fanout.listen(EXCHANGE, '', ({ body }) => void heard.push(String(body)));
    const client = lookInto(url);

    const bad = ['', 'no json', '[]', '{"body": 1}', '{"body": "///", "headers": 3}', '{"headers": {}}', '\u0000'];
    for (const text of bad) await client.publish(`${keyPrefix}/0.${EXCHANGE}`, text);
    await fanout.broadcast(EXCHANGE, note('good'));

    await until(() => heard.length > 0, { withinMs, what: 'The good one' });
    expect(heard).toEqual(['good']);
    const told = logged.filter((line) => line.includes('was dropped'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^warn A message by "celery\.pidbox" cannot be read and was dropped: /);
  });

  it('says which permission a user lacks', async () => {
    const client = lookInto(url);
    const user = `u${randomUUID()}`;
    await client.call('ACL', 'SETUSER', user, 'on', '>secret', '~*', '+@all', 'resetchannels');
    onTestFinished(async () => void (await client.call('ACL', 'DELUSER', user)));
    const address = Object.assign(new URL(url), { username: user, password: 'secret' }).href;
    const { fanout } = await open(address);

    await expect(fanout.listen(EXCHANGE, '', () => undefined)).rejects.toThrow(/listen.*NOPERM/s);
    await expect(fanout.broadcast(EXCHANGE, note('a'))).rejects.toThrow(/broadcast.*NOPERM/s);
  });
});

function fanoutOf(broker: Broker): Fanout {
  if (broker.fanout === undefined) throw new Error('Expected a broker that can reach everyone.');
  return broker.fanout;
}
