import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  createBroker,
  type Broker,
  type BrokerOptions,
  type Consumer,
  type Delivery,
} from '../../../lib/brokers/index.js';
import { EnvelopeMessage } from '../../../lib/protocol/index.js';
import {
  commandsFor,
  envelopesOf,
  keysOf,
  readVector,
  readVectors,
  type RecordedKey,
} from '../../fixtures/wire/vectors.js';
import { RedisServer } from '../../tools/redis-server.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';

describeWithServer('redis', "keys that kombu has left, in our broker's hands", () => {
  let server: RedisServer;
  let redis: Redis;
  let broker: Broker;
  let consumer: Consumer;

  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    await redis?.quit();
    await server?.stop();
  });
  beforeEach(() => redis.flushall());
  afterEach(async () => {
    await consumer?.close();
    await broker?.close();
  });

  async function consume(queues: readonly string[], order?: 'sorted' | 'priority', options: BrokerOptions = {}) {
    broker = createBroker(server.url, { visibilityTimeout: '1s', ...options });
    await broker.connect();
    await broker.declare(queues.map((name) => ({ name })));
    consumer = await broker.consume({ queues, node: 'worker@here', ...(order && { order }) });
  }

  async function put(keys: readonly RecordedKey[]): Promise<void> {
    for (const [command = '', ...args] of commandsFor(keys)) await redis.call(command, ...args);
  }

  /** All that is to be had, one by one, in order. */
  async function takeAll(): Promise<readonly Delivery[]> {
    const taken: Delivery[] = [];
    for (;;) {
      const [delivery] = await consumer.take(1, AbortSignal.timeout(taken.length === 0 ? 5_000 : 300));
      if (delivery === undefined) return taken;
      taken.push(delivery);
    }
  }

  const untilRestored = (prefix = ''): Promise<boolean> =>
    until(async () => (await redis.hlen(`${prefix}unacked`)) === 0, { withinMs: 15_000, what: 'all is given back' });

  const bodies = (deliveries: readonly Delivery[]): readonly string[] =>
    deliveries.map(({ message }) => Buffer.from(message.body).toString());
  const bodyOf = (envelope: string): string => Buffer.from(new EnvelopeMessage(envelope).body).toString();
  const valueOf = (keys: readonly RecordedKey[], name: string): unknown => keys.find(({ key }) => key === name)?.value;
  const isQueue = ({ type }: RecordedKey): boolean => type === 'list';

  it.each(['ack', 'reject', 'requeue', 'recover', 'visibility_restore', 'requeue_priority'])(
    'gives back what a Python worker held when it ended (%s)',
    async (name) => {
      const before = keysOf(readVector('redis-broker', name), 'before');
      const records = Object.values(valueOf(before, 'unacked') as Record<string, string>);
      const held = records.map((text) => JSON.stringify((JSON.parse(text) as unknown[])[0]));
      const waiting = (before.find(isQueue)?.value ?? []) as string[];
      await put(before);
      await consume(['q1']);

      await untilRestored();
      const taken = await takeAll();

      expect(bodies(taken)).toEqual([...held, ...waiting.toReversed()].map(bodyOf));
      expect(taken.map(({ redelivered }) => redelivered)).toEqual([
        ...held.map(() => true),
        ...waiting.map(() => false),
      ]);
    },
  );

  it('gives back to the queue named as the routing key what a Python worker held where no binding is left', async () => {
    await put(keysOf(readVector('redis-broker', 'requeue_no_binding'), 'before'));
    await redis.del('_kombu.binding.ex1');
    await consume(['q1']);

    await untilRestored();

    expect((await redis.lrange('rk1', 0, -1)).map(bodyOf)).toEqual(['{"n": 0}']); // kombu would lose it
  });

  it('gives back what was held under a key prefix', async () => {
    await put(keysOf(readVector('redis-broker', 'global_keyprefix'), 'before'));
    await consume(['q1'], undefined, { keyPrefix: 'pfx:' });

    await untilRestored('pfx:');

    expect((await takeAll()).map(({ redelivered, message }) => [redelivered, message.properties.priority])).toEqual([
      [true, 6],
    ]);
    expect(await redis.exists('pfx:q1\u0006\u00166')).toBe(0);
  });

  it.each(['interop', 'celery-5.2.6/interop'])('gives back a record that was written by hand (%s)', async (file) => {
    const { entry } = readVector(file, 'foreign_unacked_is_rescued') as unknown as {
      readonly entry: readonly [object];
    };
    await redis.hset('unacked', 'foreign-tag-1', JSON.stringify(entry));
    await redis.zadd('unacked_index', 1, 'foreign-tag-1');
    await consume(['celery']);

    await untilRestored();

    expect(bodies(await takeAll())).toEqual([bodyOf(JSON.stringify(entry[0]))]);
  });

  it.each(['requeue', 'recover', 'visibility_restore', 'requeue_priority'])(
    'takes what kombu has put back (%s), in its order, as redelivered',
    async (name) => {
      const after = keysOf(readVector('redis-broker', name), 'after');
      const waiting = ((after.find(isQueue)?.value ?? []) as string[]).toReversed();
      await put(after);
      await consume(['q1']);

      const taken = await takeAll();

      expect(bodies(taken)).toEqual(waiting.map(bodyOf));
      expect(taken.map(({ redelivered }) => redelivered)).toEqual(
        waiting.map((text) => text.includes('"redelivered": true')),
      );
    },
  );

  it('takes over from a worker that was shut down, and binds its queues as that one did', async () => {
    const vector = readVector('redis-broker', 'worker_lifecycle');
    const left = keysOf(vector, 'keys_after_warm_shutdown');
    await put(left.filter(isQueue));
    await consume(['celery', 'other']);

    const taken = await takeAll();

    expect(bodies(taken)).toEqual((valueOf(left, 'celery') as string[]).toReversed().map(bodyOf));
    for (const queue of ['celery', 'other']) {
      const binding = `_kombu.binding.${queue}`;
      expect(await redis.smembers(binding)).toEqual(valueOf(keysOf(vector, 'keys_idle'), binding));
    }
  });

  it.each(['celery', 'other'])(
    'records what it holds as a Python worker does, for any that looks after it: %s',
    async (queue) => {
      const busy = keysOf(readVector('redis-broker', 'worker_lifecycle'), 'keys_busy');
      const [recorded = ''] = Object.values(valueOf(busy, 'unacked') as Record<string, string>);
      const [envelope] = JSON.parse(recorded) as [object];
      await redis.lpush(queue, JSON.stringify(envelope));
      await consume([queue]);

      const [delivery] = await consumer.take(1, AbortSignal.timeout(5_000));

      const records = await redis.hgetall('unacked');
      expect(Object.keys(records)).toEqual([delivery?.tag]);
      expect(JSON.parse(records[delivery?.tag ?? ''] ?? '')).toEqual([envelope, '', queue]);
      const score = Number(await redis.zscore('unacked_index', delivery?.tag ?? ''));
      expect(Math.abs(score - Date.now() / 1_000)).toBeLessThan(10);
    },
  );

  it.each([
    ['round_robin', undefined],
    ['sorted', 'sorted'],
    ['priority', 'priority'],
  ] as const)('visits queues in the order of kombu: %s', async (name, order) => {
    const { received } = readVector('redis-broker', `order_${name}`) as unknown as { readonly received: string[] };
    const [envelope = ''] = envelopesOf(readVector('messages-redis', 'priority_0'));
    for (const queue of ['zq', 'aq', 'mq']) await redis.lpush(queue, envelope, envelope);
    await consume(['zq', 'aq', 'mq'], order);

    expect((await takeAll()).map(({ queue }) => queue)).toEqual(received);
  });

  const priorities = readVectors('messages-redis').filter(({ name }) => name.startsWith('priority_'));

  it('takes the steps of a queue from the most urgent on, each in its order', async () => {
    const messages = priorities.flatMap(
      ({ messages: all }) => all as { readonly list_key: string; readonly raw: string }[],
    );
    for (const { list_key: key, raw } of messages) await redis.lpush(key, raw);
    await consume(['celery']);

    const taken = await takeAll();

    expect(taken.map(({ message }) => message.properties.priority)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it.each(priorities.map((vector) => [vector.name, vector] as const))(
    'sends %s to the list that kombu chose',
    async (_, vector) => {
      const [{ list_key: key, raw }] = vector['messages'] as [{ readonly list_key: string; readonly raw: string }];
      await consume([]);

      await broker.publish([outgoing(raw)]);

      expect(await redis.llen(key)).toBe(1);
    },
  );

  it('sends to an exchange by the bindings that kombu made: direct', async () => {
    const keys = keysOf(readVector('redis-broker', 'direct'), 'keys');
    await put(keys.filter(({ type }) => type === 'set'));
    await consume([]);
    const sent = keys.filter(isQueue).flatMap(({ value }) => value as string[]);

    await broker.publish(sent.map(outgoing));

    for (const { key, value } of keys.filter(isQueue)) {
      expect((await redis.lrange(key, 0, -1)).map(bodyOf)).toEqual((value as string[]).map(bodyOf));
    }
    await expect(broker.publish([{ ...outgoing(sent[0] as string), routingKey: 'nobody' }])).rejects.toMatchObject({
      code: 'TQ_UNROUTABLE_MESSAGE',
    });
  });

  it('sends to an exchange by the bindings that kombu made: topic', async () => {
    const keys = keysOf(readVector('redis-broker', 'topic'), 'keys');
    await put(keys.filter(({ type }) => type === 'set'));
    await consume([]);
    const sent = (valueOf(keys, 'q2') as string[]).toReversed();
    const routingKeys = (texts: readonly string[]) =>
      texts.map((text) => new EnvelopeMessage(text).properties.routingKey);

    await broker.publish(sent.map(outgoing));

    for (const queue of ['q1', 'q2']) {
      expect(routingKeys(await redis.lrange(queue, 0, -1))).toEqual(routingKeys(valueOf(keys, queue) as string[]));
    }
  });

  it('purges what kombu would', async () => {
    const vector = readVector('redis-broker', 'purge');
    const lists = keysOf(vector, 'before').filter(isQueue);
    await put(keysOf(vector, 'before'));
    await consume([]);

    const purged = await broker.queues?.purge('q1');

    expect(purged).toBe(lists.reduce((sum, { value }) => sum + (value as string[]).length, 0));
    expect(await redis.exists(...lists.map(({ key }) => key))).toBe(0);
    expect(await redis.exists('unacked')).toBe(keysOf(vector, 'after').some(({ key }) => key === 'unacked') ? 1 : 0);
  });

  it.each(['messages-redis', 'celery-5.2.6/messages-redis', 'interop', 'celery-5.2.6/interop'])(
    'hands over every recorded message as it is: %s',
    async (file) => {
      const envelopes = readVectors(file).flatMap((vector) =>
        vector['message'] === undefined ? envelopesOf(vector) : [JSON.stringify(vector['message'])],
      );
      await redis.lpush('celery', ...envelopes);
      await consume(['celery']);

      const taken: Delivery[] = [];
      while (taken.length < envelopes.length) taken.push(...(await consumer.take(64, AbortSignal.timeout(5_000))));

      expect(envelopes.length).toBeGreaterThan(5);
      expect(taken.map(({ message }) => message.headers)).toEqual(
        envelopes.map((envelope) => new EnvelopeMessage(envelope).headers),
      );
      expect(bodies(taken)).toEqual(envelopes.map(bodyOf));
      await consumer.settle(taken.map((delivery) => ({ delivery, as: 'ack' })));
      expect(await redis.exists('unacked', 'unacked_index', 'celery')).toBe(0);
    },
  );
});

/** A recorded message as ours would be sent. */
function outgoing(envelope: string) {
  const { headers, body, contentType, contentEncoding, properties } = new EnvelopeMessage(envelope);
  return {
    id: 'id',
    task: 'proj.task',
    headers: JSON.stringify(headers),
    body,
    contentType: contentType ?? 'text/plain',
    contentEncoding: contentEncoding ?? 'utf-8',
    correlationId: properties.correlationId ?? '',
    replyTo: properties.replyTo ?? '',
    deliveryMode: 2 as const,
    priority: properties.priority,
    expiration: undefined,
    etaMs: undefined,
    exchange: properties.exchange,
    routingKey: properties.routingKey,
    queue: properties.routingKey,
  };
}
