import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Broker, Consumer, Delivery } from '../../../lib/brokers/index.js';
import { restore } from '../../../lib/brokers/redis/lua.generated.js';
import { RedisCommandError } from '../../../lib/errors/index.js';
import { idOf, idsOf, message } from '../../conformance/broker.bench.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { FaultBench } from './fault-bench.js';

const withinMs = 8_000;

describeWithServer('redis', 'queues in Redis, when something is wrong', (url) => {
  let bench: FaultBench;
  let broker: Broker;
  let consumer: Consumer;

  beforeEach(async () => {
    bench = await FaultBench.open(url);
    broker = await bench.broker();
    consumer = await bench.consume(broker, ['q', 'r']);
  });
  afterEach(() => bench.close());

  const briefly = (ms = 300): AbortSignal => AbortSignal.timeout(ms);

  describe('with a key of a wrong type', () => {
    it('takes from the other lists, and names the one', async () => {
      await bench.send(broker, 2, { queue: 'r' });
      await bench.admin.hset(bench.key('q'), 'not', 'a list');

      await bench.drain(consumer);

      expect(bench.warnings.join('\n')).toContain(`"${bench.key('q')}" should be a list`);
      await expect(broker.publish([message('x')])).rejects.toThrow(bench.key('q'));
      await bench.admin.del(bench.key('q'));
      await bench.send(broker, 2);
      await bench.drain(consumer);
      await bench.expectRight();
    });

    it.each(['unacked', 'unacked_index', 'ntq:parked', 'ntq:workers'])(
      'takes nothing and loses nothing: %s',
      async (name) => {
        const kept = await bench.admin.type(bench.key(name));
        if (kept !== 'none') await bench.admin.rename(bench.key(name), bench.key('kept'));
        await bench.admin.lpush(bench.key(name), 'not that');
        await bench.send(broker, 3);

        const failure: unknown = await consumer.take(3, briefly(3_000)).catch((error: unknown) => error);

        expect(failure).toBeInstanceOf(RedisCommandError);
        expect((failure as Error).message).toContain(`${bench.key(name)} is not a`);
        await bench.admin.del(bench.key(name));
        if (kept !== 'none') await bench.admin.rename(bench.key('kept'), bench.key(name));
        expect((await bench.expectRight()).ids.waiting).toHaveLength(3);
        await bench.drain(consumer);
        await bench.expectRight();
      },
    );

    it.each(['unacked', 'unacked_index', 'ntq:suspects', 'ntq:parked'])(
      'settles nothing until it is right again: %s',
      async (name) => {
        await bench.send(broker, 2);
        const deliveries = await bench.take(consumer, 2);
        const has = (await bench.admin.exists(bench.key(name))) === 1;
        if (has) await bench.admin.rename(bench.key(name), bench.key('kept'));
        await bench.admin.set(bench.key(name), 'not that');
        const [first, second] = deliveries as [Delivery, Delivery];
        const batch = [
          { delivery: first, as: 'ack' },
          { delivery: second, as: 'park', untilMs: Date.now() + 60_000 },
        ] as const;

        const failure: unknown = await consumer.settle(batch).catch((error: unknown) => error);

        expect((failure as Error).message).toContain(`${bench.key(name)} is not a`);
        await bench.admin.del(bench.key(name));
        if (has) await bench.admin.rename(bench.key('kept'), bench.key(name));
        expect((await bench.expectRight()).ids.held).toHaveLength(2);
        expect(await consumer.settle(batch)).toEqual([]);
        bench.settled.push(idOf(first));
        expect((await bench.expectRight()).ids.parked).toEqual([idOf(second)]);
      },
    );

    it('does not spin over a message that is due and whose list is none', async () => {
      await bench.send(broker, 1, { queue: 'r' });
      const [delivery] = await bench.take(consumer, 1);
      await consumer.settle([{ delivery: delivery as Delivery, as: 'park', untilMs: Date.now() + 50 }]);
      await bench.admin.set(bench.key('r'), 'not a list');
      const calls = async (): Promise<number> =>
        Number(/cmdstat_evalsha:calls=(\d+)/.exec(await bench.admin.info('commandstats'))?.[1]);
      const before = await calls();

      await consumer.take(1, briefly(1_500));

      expect((await calls()) - before).toBeLessThan(40);
      await bench.admin.del(bench.key('r'));
      await bench.drain(consumer);
    });
  });

  it('goes on when the server has forgotten all scripts', async () => {
    await bench.send(broker, 2);
    const deliveries = await bench.take(consumer, 2);
    await bench.admin.script('FLUSH');

    await bench.finish(consumer, deliveries);
    await bench.admin.script('FLUSH');
    await bench.send(broker, 2);
    await bench.admin.script('FLUSH');
    await bench.drain(consumer);

    await bench.expectRight();
  });

  it.each([
    ['its waits', /name=nest-task-queue:wait /],
    ['all its connections', /name=nest-task-queue:/],
  ])('goes on when the server closes %s', async (_, pattern) => {
    const kill = async (): Promise<void> => {
      const lines = String(await bench.admin.client('LIST')).split('\n');
      for (const line of lines) {
        const id = /^id=(\d+)/.exec(line)?.[1];
        if (id !== undefined && pattern.test(line)) await bench.admin.client('KILL', 'ID', id).catch(() => undefined);
      }
    };
    for (let round = 0; round < 3; round += 1) {
      const coming = bench.take(consumer, 1);
      await waiters(bench, 2);

      await kill();
      await bench.send(broker, 1);

      await bench.finish(consumer, await coming);
      await bench.expectRight();
    }
    expect(bench.settled).toEqual(bench.sent);
  });

  it('gives nothing of a paused queue to a worker that waits for it', async () => {
    const stop = new AbortController();
    const coming = consumer.take(64, stop.signal);
    await waiters(bench, 2);

    await bench.admin.sadd(bench.key('ntq:paused'), 'q');
    for (let n = 0; n < 20; n += 1) await bench.send(broker, 1);
    await bench.send(broker, 1, { queue: 'r' });

    const deliveries = await coming;
    expect(idsOf(deliveries)).toEqual(bench.sent.slice(-1));
    await bench.finish(consumer, deliveries);
    expect(idsOf(await consumer.take(64, briefly(1_500)))).toEqual([]);
    const left = await bench.admin.lrange(bench.key('ntq:head:q'), 0, -1);
    expect(left.length, 'what the wait had moved before the pause was known').toBeLessThanOrEqual(1);
    await bench.admin.srem(bench.key('ntq:paused'), 'q');
    expect(idsOf(await bench.take(consumer, 20))).toEqual(bench.sent.slice(0, 20));
    await bench.expectRight();
  });

  describe('when a worker dies', () => {
    /** A worker on a connection of its own, with messages in its hands, cut off from the server. */
    const die = async (count: number): Promise<string> => {
      const victim = await bench.consume(await bench.directBroker());
      await bench.send(broker, count);
      await bench.take(victim, count);
      await (victim as unknown as { abandon(): Promise<void> }).abandon();
      await bench.endLease(victim.owner);
      return victim.owner;
    };

    it('gives back each message once, though two look for it at once', async () => {
      await die(64);
      const others = await Promise.all([bench.directBroker(), bench.directBroker()]);
      const reapers = await Promise.all(others.map((each) => bench.consume(each, ['r'])));

      await Promise.all([consumer, ...reapers].map((each) => each.reap()));

      expect((await bench.expectRight()).ids.waiting).toHaveLength(64);
      const deliveries = await bench.take(consumer, 64);
      expect(idsOf(deliveries)).toEqual(bench.sent);
      expect(new Set(deliveries.map(({ losses }) => losses))).toEqual(new Set([1]));
    });

    it('names whose messages were given back, and not who died before that', async () => {
      const [first, second] = [await die(1), await die(2)];

      const isTold = (): boolean => bench.warnings.filter((text) => text.startsWith('Gave back')).length === 2;
      await until(isTold, { withinMs, what: 'Both are told' });

      expect(bench.warnings.filter((text) => text.startsWith('Gave back'))).toEqual([
        `Gave back 1 message of worker ${first}, which is gone`,
        `Gave back 2 messages of worker ${second}, which is gone`,
      ]);
    });

    it('reads its messages bit by bit, and large ones one by one', async () => {
      await consumer.close();
      broker = await bench.broker({ lease: '60s' }); // so much goes through this process that a short one may run out meanwhile
      consumer = await bench.consume(broker);
      const victim = await bench.consume(await bench.directBroker({ lease: '60s' }));
      await bench.send(broker, 20);
      await bench.send(broker, 6, { body: 'x'.repeat(400_000) });
      await bench.send(broker, 3, { body: 'x'.repeat(2_000_000) });
      await bench.take(victim, 29);
      const requests = await listenIn(url);

      await (victim as unknown as { abandon(): Promise<void> }).abandon();
      await bench.endLease(victim.owner);
      expect(await consumer.reap()).toBe(29);

      const reads = (await requests.end()).matchAll(
        new RegExp(`"hmget" "${bench.key('unacked')}"((?: "[^"]*")+)`, 'g'),
      );
      expect([...reads].map(([, tags = '']) => tags.split(' ').length - 1)).toEqual([1, 1, 2, 2, 2, 8, 13]);
      expect(idsOf(await bench.take(consumer, 29))).toEqual(bench.sent);
    });

    it.each(['before', 'after'] as const)('goes on when the one who gives back is cut %s it', async (when) => {
      // Laid before the death: the consumer looks for the dead by itself as well.
      const cut =
        when === 'after' ? bench.proxy.cutAfterRequest(restore.sha) : bench.proxy.cutBeforeRequest(restore.sha);
      await die(40); // three pages

      await consumer.reap().catch(() => undefined);
      await cut;

      const isBack = async (): Promise<boolean> => (await bench.look()).ids.waiting.length === 40;
      await until(isBack, { withinMs: 4_000, what: 'All messages are given back' });
      await bench.expectRight();
      expect((await bench.take(consumer, 40)).map(({ losses }) => losses)).toEqual(Array(40).fill(1));
    });

    it('finishes what a reaper had begun when it was killed', async () => {
      await bench.send(broker, 40);
      await bench.take(consumer, 40);
      const cut = bench.proxy.cutAfterRequest(restore.sha);
      const reaper = await bench.consume(await bench.broker(), ['r']);
      await (consumer as unknown as { abandon(): Promise<void> }).abandon();
      await bench.endLease(consumer.owner);
      await cut;
      await (reaper as unknown as { abandon(): Promise<void> }).abandon();
      await bench.endLease(reaper.owner);
      expect((await bench.look()).ids.held).toHaveLength(24);
      const other = await bench.consume(await bench.directBroker(), ['r']);

      const isBack = async (): Promise<boolean> => (await bench.look()).ids.waiting.length === 40;
      await until(isBack, { withinMs: 5_000, what: 'All messages are given back' });
      await bench.expectRight();
      await other.close();
    });
  });

  it('carries messages of 10 MiB', async () => {
    const body = randomBytes(7.5 * 1024 * 1024).toString('base64'); // 10 MiB of text, 13.3 in the envelope
    // All of it goes through this one process, twice: for longer than a short lease where the machine has other work.
    broker = await bench.broker({ lease: '30s' });
    consumer = await bench.consume(broker);
    await bench.send(broker, 3, { body });

    const [first] = await bench.take(consumer, 1);
    await consumer.settle([{ delivery: first as Delivery, as: 'release' }]);
    const deliveries = await bench.take(consumer, 3, 30_000);
    expect(idsOf(deliveries)).toEqual(bench.sent);
    expect(deliveries.every((delivery) => delivery.message.body === body)).toBe(true);
    expect(await bench.finish(consumer, deliveries)).toEqual([]);
    await bench.expectRight();
  });

  describe('with an element that is no message', () => {
    const garbage = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x80, 0x22]);
    const letters = async (queue: string): Promise<unknown> => {
      const [letter] = (await broker.deadLetters?.list(queue)) ?? [];
      const { body } = letter?.message ?? {};
      return { reason: letter?.reason, body: body instanceof Uint8Array ? Buffer.from(body) : body };
    };

    it('keeps its bytes when it is given up', async () => {
      await bench.admin.lpush(bench.key('q'), garbage);
      await bench.send(broker, 1);
      const deliveries = await bench.take(consumer, 2);

      await consumer.settle([
        { delivery: deliveries[0] as Delivery, as: 'dead', reason: 'undecodable', error: 'no envelope' },
      ]);

      expect(await letters('q')).toEqual({ reason: 'undecodable', body: garbage });
      await bench.finish(consumer, deliveries.slice(1));
      await bench.expectRight();
    });

    it('keeps its bytes when it is given back, and when its worker dies', async () => {
      await bench.admin.lpush(bench.key('q'), garbage);
      const raw = (): Promise<Buffer[]> => bench.admin.lrangeBuffer(bench.key('q'), 0, -1);
      const [first] = await bench.take(consumer, 1);
      await consumer.settle([{ delivery: first as Delivery, as: 'release' }]);
      expect(await raw()).toEqual([garbage]);

      const victim = await bench.consume(await bench.directBroker());
      await bench.take(victim, 1);
      await (victim as unknown as { abandon(): Promise<void> }).abandon();
      await bench.endLease(victim.owner);
      await consumer.reap();

      expect(await raw()).toEqual([garbage]);
    });

    it('buries it where it lies in unacked, and goes on behind it', async () => {
      const old = String(Date.now() / 1_000 - 7_200);
      const record = Buffer.concat([Buffer.from('['), garbage, Buffer.from(',"","q"]')]);
      await bench.admin.hset(bench.key('unacked'), 'python-1', garbage, 'python-2', record);
      await bench.admin.zadd(bench.key('unacked_index'), old, 'python-1', old, 'python-2');
      await bench.send(broker, 1, { queue: 'r' });
      const [held] = await bench.take(consumer, 1);
      const envelope = await bench.admin.hget(bench.key('unacked'), (held as Delivery).tag);
      await bench.admin.hset(bench.key('unacked'), 'python-3', String(envelope));
      await bench.admin.zadd(bench.key('unacked_index'), String(Number(old) + 1), 'python-3');
      await consumer.settle([{ delivery: held as Delivery, as: 'ack' }]);

      const swept = await bench.consume(await bench.directBroker({ visibilityTimeout: '1s' }), ['q']);
      const isEmpty = async (): Promise<boolean> => (await bench.admin.hlen(bench.key('unacked'))) === 0;
      await until(isEmpty, { withinMs, what: 'unacked is empty' });

      expect(await letters('q')).toEqual({ reason: 'undecodable', body: garbage });
      expect(await bench.admin.lrangeBuffer(bench.key('q'), 0, -1)).toEqual([garbage]);
      expect((await bench.look()).ids.waiting).toContain(bench.sent[0]);
      await swept.close();
    });
  });

  it('leaves nothing but what has to stay', async () => {
    await bench.send(broker, 4, { priority: 3 });
    const [a, b, c] = (await bench.take(consumer, 4)) as [Delivery, Delivery, Delivery];
    await consumer.settle([{ delivery: a, as: 'park', untilMs: Date.now() + 60_000 }]);
    await consumer.settle([{ delivery: b, as: 'requeue', charge: true }]);
    await consumer.settle([{ delivery: c, as: 'dead', reason: 'rejected', error: 'no' }]);

    await broker.close();

    const { ids } = await bench.expectRight({ isAbandoned: true });
    expect([ids.waiting.length, ids.parked.length, ids.dead.length]).toEqual([2, 1, 1]);
  });
});

async function waiters(bench: FaultBench, count: number): Promise<void> {
  const admin: Redis = bench.admin;
  const isWaiting = async (): Promise<boolean> =>
    (String(await admin.client('LIST')).match(/nest-task-queue:wait .*cmd=blmove/g)?.length ?? 0) >= count;
  await until(isWaiting, { withinMs, what: `${count} waits at the server` });
}

/**
 * What the server is asked from now on. The bytes are only looked at in the end: taking large messages apart as they are told would keep
 * this process from its leases.
 */
async function listenIn(url: string): Promise<{ end(): Promise<string> }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write('MONITOR\r\n');
  await once(socket, 'data');
  return {
    end: async () => {
      socket.end(); // the server sends what it has told until then
      await once(socket, 'close');
      return Buffer.concat(chunks).toString('latin1');
    },
  };
}
