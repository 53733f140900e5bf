import { expect } from 'vitest';
import { ack, idOf, idsOf, message, messages, turn, type BrokerCase } from '../broker.bench.js';

export const settlingCases: readonly BrokerCase[] = [
  {
    name: 'forgets what was acked',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish(messages(3));
      const taken = await bench.take(consumer, 3);

      expect(await consumer.settle(taken.map(ack))).toEqual([]);

      expect(await consumer.findLost(taken)).toEqual(taken);
      await consumer.close();
      const other = await bench.consume();
      await other.reap();
      await bench.expectNothing(other);
    },
  },
  {
    name: 'delivers a requeued message again, marked redelivered, with a tag of its own',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const first = await bench.takeOne(consumer);

      await consumer.settle([{ delivery: first, as: 'requeue', charge: false }]);
      const second = await bench.takeOne(consumer);

      expect(second.redelivered).toBe(true);
      expect(second.message.properties.redelivered).toBe(true);
      expect(second.losses).toBe(0);
      expect(second.message.body).toEqual(first.message.body);
      expect(second.message.headers).toMatchObject(first.message.headers);
      expect(second.tag).not.toBe(first.tag);
    },
  },
  {
    name: 'counts a loss for a requeue that charges',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);

      for (const losses of [0, 1, 2]) {
        const delivery = await bench.takeOne(consumer);
        expect(delivery.losses).toBe(losses);
        await consumer.settle([{ delivery, as: 'requeue', charge: true }]);
      }
    },
  },
  {
    name: 'puts a requeued message back to its place',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish(messages(3));
      const [m0, m1] = await bench.take(consumer, 2);
      if (!m0 || !m1) return;

      await consumer.settle([{ delivery: m1, as: 'requeue', charge: false }]);
      await consumer.settle([{ delivery: m0, as: 'requeue', charge: true }]);

      expect(idsOf(await bench.take(consumer, 3))).toEqual(['m0', 'm1', 'm2']);
    },
  },
  {
    name: 'releases as if never taken',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish(messages(2));

      await consumer.settle([{ delivery: await bench.takeOne(consumer), as: 'release' }]);
      const again = await bench.takeOne(consumer);

      expect(idOf(again)).toBe('m0');
      expect(again.redelivered).toBe(false);
      expect(again.losses).toBe(0);
    },
  },
  {
    name: 'wakes a waiting consumer when a message is given back',
    async run(bench) {
      const [holder, waiter] = [await bench.consume(), await bench.consume({}, await bench.peer())];
      await bench.broker.publish([message('a')]);
      const held = await bench.takeOne(holder);
      const waiting = bench.takeOne(waiter);

      await holder.settle([{ delivery: held, as: 'requeue', charge: false }]);

      expect(idOf(await waiting)).toBe('a');
    },
  },
  {
    name: 'settles a batch of different kinds',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish(messages(4));
      const [m0, m1, m2, m3] = await bench.take(consumer, 4);
      if (!m0 || !m1 || !m2 || !m3) return;

      const lost = await consumer.settle([
        { delivery: m0, as: 'ack' },
        { delivery: m1, as: 'requeue', charge: true },
        { delivery: m2, as: 'release' },
        { delivery: m3, as: 'park', untilMs: Date.now() + 3_600_000 },
      ]);

      expect(lost).toEqual([]);
      const again = await bench.take(consumer, 2);
      expect(again.map((each) => [idOf(each), each.redelivered, each.losses])).toEqual([
        ['m1', true, 1],
        ['m2', false, 0],
      ]);
      await bench.expectNothing(consumer);
    },
  },
  {
    name: 'does nothing for what was settled before, and says so',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const delivery = await bench.takeOne(consumer);
      await consumer.settle([ack(delivery)]);

      const lost = await consumer.settle([
        { delivery, as: 'requeue', charge: false, successors: [message('b')] },
        { delivery, as: 'ack', successors: [message('c')] },
      ]);

      expect(lost).toEqual([delivery, delivery]);
      await bench.expectNothing(consumer);
    },
  },
  {
    name: 'settles the others of a batch in which some are lost',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish(messages(3));
      const taken = await bench.take(consumer, 3);
      const [m0] = taken;
      if (!m0) return;
      await consumer.settle([ack(m0)]);

      expect(await consumer.settle(taken.map(ack))).toEqual([m0]);
      expect(await consumer.findLost(taken)).toEqual(taken);
    },
  },
  {
    name: 'refuses a late settlement of a delivery that was taken again',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const first = await bench.takeOne(consumer);
      await consumer.settle([{ delivery: first, as: 'requeue', charge: false }]);
      const second = await bench.takeOne(consumer);

      expect(await consumer.settle([ack(first)])).toEqual([first]);
      expect(await consumer.findLost([first, second])).toEqual([first]);
      expect(await consumer.settle([ack(second)])).toEqual([]);
    },
  },
  {
    name: 'refuses a settlement by a consumer that does not hold the delivery',
    async run(bench) {
      const [holder, other] = [await bench.consume(), await bench.consume()];
      await bench.broker.publish([message('a')]);
      const delivery = await bench.takeOne(holder);

      expect(await other.settle([{ delivery, as: 'ack', successors: [message('b')] }])).toEqual([delivery]);
      expect(await other.findLost([delivery])).toEqual([delivery]);
      expect(await holder.findLost([delivery])).toEqual([]);
      await bench.expectNothing(other);
    },
  },
  {
    name: 'publishes the successors of what it settles, in their order',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const delivery = await bench.takeOne(consumer);

      await consumer.settle([
        { delivery, as: 'ack', successors: [message('b'), message('c'), message('d', { queue: 'r' })] },
      ]);

      expect(idsOf(await bench.take(consumer, 2))).toEqual(['b', 'c']);
      expect(idsOf(await bench.take(await bench.consume({ queues: ['r'] }), 1))).toEqual(['d']);
    },
  },
  {
    name: 'gives back what a closing consumer holds, as if never taken',
    async run(bench) {
      const [leaving, staying] = [await bench.consume(), await bench.consume()];
      await bench.broker.publish(messages(3));
      const held = await bench.take(leaving, 2);

      await leaving.close();
      await leaving.close();
      const again = await bench.take(staying, 3);

      expect(idsOf(again)).toEqual(['m0', 'm1', 'm2']);
      expect(again.map((each) => [each.redelivered, each.losses])).toEqual([
        [false, 0],
        [false, 0],
        [false, 0],
      ]);
      expect(await leaving.settle(held.map(ack))).toEqual(held);
      expect(await staying.findLost(again)).toEqual([]);
    },
  },
  {
    name: 'ends a take that waits when the consumer closes',
    async run(bench) {
      const consumer = await bench.consume();
      const waiting = consumer.take(1, bench.soon());

      await consumer.close();

      expect(await waiting).toEqual([]);
    },
  },
  {
    name: 'refuses to publish when closed, and closes twice',
    async run(bench) {
      const broker = await bench.peer();
      expect(broker.status).toBe('ready');

      await broker.close();
      await broker.close();

      expect(broker.status).toBe('closed');
      await expect(broker.publish([message('a')])).rejects.toMatchObject({ code: 'TQ_BROKER_UNAVAILABLE' });
    },
  },
  {
    name: 'keeps what was published when every connection closes',
    needs: ['durable'],
    async run(bench) {
      await bench.broker.publish([...messages(3), message('late', { etaMs: Date.now() + 30 })]);
      await bench.broker.close();

      const consumer = await bench.consume({}, await bench.peer());

      expect(idsOf(await bench.take(consumer, 4)).sort()).toEqual(['late', 'm0', 'm1', 'm2']);
    },
  },
  {
    name: 'loses and doubles nothing while many publish, take, requeue and settle at once',
    async run(bench) {
      const total = 400;
      const brokers = [bench.broker, await bench.peer(), await bench.peer()];
      const settled: string[] = [];
      const all = bench.deadline();
      const { signal } = all;
      const work = brokers.map(async (broker) => {
        const consumer = await bench.consume({}, broker);
        while (!signal.aborted) {
          await turn();
          const taken = await consumer.take(10, signal);
          const acked = taken.filter((each) => each.redelivered || idOf(each).endsWith('1'));
          const others = taken.filter((each) => !acked.includes(each));
          await consumer.settle([
            ...acked.map(ack),
            ...others.map((delivery) => ({ delivery, as: 'requeue', charge: false }) as const),
          ]);
          settled.push(...idsOf(acked));
          if (settled.length >= total) all.abort();
        }
      });

      for (let batch = 0; batch < total / 20; batch++) await brokers[batch % 3]?.publish(messages(20, `b${batch}-`));
      await Promise.all(work);

      expect(settled).toHaveLength(total);
      expect(new Set(settled).size).toBe(total);
    },
  },
];
