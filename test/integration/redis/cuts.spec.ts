import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Broker, Consumer, Delivery } from '../../../lib/brokers/index.js';
import { publish, publishTick, settle, take } from '../../../lib/brokers/redis/lua.generated.js';
import { idsOf, message } from '../../conformance/broker.bench.js';
import { describeWithServer } from '../../tools/servers.js';
import { FaultBench } from './fault-bench.js';

describeWithServer('redis', 'a connection to Redis that is cut', (url) => {
  let bench: FaultBench;
  let broker: Broker;
  let consumer: Consumer;

  beforeEach(async () => {
    bench = await FaultBench.open(url);
    broker = await bench.broker();
    consumer = await bench.consume(broker);
  });
  afterEach(() => bench.close());

  /** Cuts the connection at the next request that holds that text. */
  const cutAt = (when: Moment, pattern: string): Promise<void> =>
    when === 'after' ? bench.proxy.cutAfterRequest(pattern) : bench.proxy.cutBeforeRequest(pattern);
  const taken = async (count: number): Promise<Delivery[]> => {
    await bench.send(broker, count);
    return bench.take(consumer, count);
  };

  describe.each(['before', 'after'] as const)('%s the server had the request', (when) => {
    it('sends each message once', async () => {
      const cut = cutAt(when, publish.sha);

      await bench.send(broker, 700); // two batches
      await cut;

      expect((await bench.expectRight()).ids.waiting).toHaveLength(700);
    });

    it('sends a tick once', async () => {
      const cut = cutAt(when, publishTick.sha);

      const first = await broker.ticks?.publishTick('entry', 1_000, message('tick')).catch((error: unknown) => error);
      await cut;
      const second = await broker.ticks?.publishTick('entry', 1_000, message('tick'));

      expect((await bench.look()).ids.waiting).toEqual(['tick']);
      expect([first, second]).not.toEqual([true, true]);
    });

    it('takes each message once, in order', async () => {
      await bench.send(broker, 100);
      const cut = cutAt(when, take.sha);

      const deliveries = await bench.take(consumer, 100);
      await cut;

      expect(idsOf(deliveries)).toEqual(bench.sent);
      expect(deliveries.filter(({ redelivered }) => redelivered)).toEqual([]);
      expect((await bench.expectRight()).ids.held).toHaveLength(100);
    });

    it('settles once, with what follows, and answers exactly', async () => {
      const deliveries = await taken(4);
      const stolen = deliveries[1] as Delivery;
      await bench.admin.hdel(bench.key('unacked'), stolen.tag);
      await bench.admin.zrem(bench.key('unacked_index'), stolen.tag);
      const cut = cutAt(when, settle.sha);

      const lost = await consumer.settle(
        deliveries.map((delivery, at) => ({ delivery, as: 'ack', successors: [message(`next${at}`, { queue: 'r' })] })),
      );
      await cut;

      expect(lost).toEqual([stolen]);
      const { ids } = await bench.expectRight({ settled: new Set(bench.sent) });
      expect(ids.waiting.toSorted()).toEqual(['next0', 'next2', 'next3']);
    });

    it('parks once', async () => {
      const deliveries = await taken(3);
      const untilMs = Date.now() + 700;
      const cut = cutAt(when, settle.sha);

      const lost = await consumer.settle(deliveries.map((delivery) => ({ delivery, as: 'park', untilMs })));
      await cut;

      expect(lost).toEqual([]);
      expect((await bench.expectRight()).ids.parked).toHaveLength(3);
      await bench.drain(consumer);
      await bench.expectRight();
    });

    it('marks as started', async () => {
      const deliveries = await taken(2);
      const cut = cutAt(when, bench.key('ntq:suspects'));

      await consumer.markStarted(deliveries);
      await cut;

      const marked = await bench.admin.hkeys(bench.key('ntq:suspects'));
      expect(marked.toSorted()).toEqual(deliveries.map(({ tag }) => tag).toSorted());
    });

    it('gives back and buries once', async () => {
      const deliveries = await taken(4);
      const cut = cutAt(when, settle.sha);

      const [a, b, c, d] = deliveries as [Delivery, Delivery, Delivery, Delivery];
      const lost = await consumer.settle([
        { delivery: a, as: 'release' },
        { delivery: b, as: 'requeue', charge: true },
        { delivery: c, as: 'requeue', charge: false },
        { delivery: d, as: 'dead', reason: 'rejected', error: 'no' },
      ]);
      await cut;

      expect(lost).toEqual([]);
      const { ids } = await bench.expectRight();
      expect([ids.waiting.length, ids.dead.length]).toEqual([3, 1]);
      const again = await bench.take(consumer, 3);
      expect(again.map(({ losses }) => losses).toSorted((one, other) => one - other)).toEqual([0, 0, 1]);
    });

    it('gives back a message whose take was given up before its answer came, when the worker leaves', async () => {
      await bench.send(broker, 1);
      const stopping = new AbortController();
      const cut = cutAt(when, take.sha).then(() => stopping.abort());

      await consumer.take(1, stopping.signal);
      await cut;
      await consumer.close();

      expect((await bench.expectRight({ isAbandoned: true })).ids.waiting).toEqual(bench.sent);
    });
  });
});

type Moment = 'before' | 'after';
