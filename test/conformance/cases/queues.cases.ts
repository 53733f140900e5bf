import { expect } from 'vitest';
import type { Consumer } from '../../../lib/brokers/index.js';
import { ack, idsOf, message, messages, turn, type BrokerBench, type BrokerCase } from '../broker.bench.js';

export const queuesCases: readonly BrokerCase[] = [
  {
    name: 'serves only the queues asked for',
    async run(bench) {
      await bench.broker.publish([message('a', { queue: 'r' })]);

      await bench.expectNothing(await bench.consume({ queues: ['q'] }));
      const taken = await bench.take(await bench.consume({ queues: ['s', 'r'] }), 1);

      expect(idsOf(taken)).toEqual(['a']);
      expect(taken[0]?.queue).toBe('r');
    },
  },
  {
    name: 'takes turns between queues with round_robin',
    async run(bench) {
      await publishToBoth(bench, { first: 'r', second: 'q' });

      const taken = await takeOneByOne(bench, await bench.consume({ queues: ['r', 'q'], order: 'round_robin' }), 4);

      expect(taken).toEqual(['r0', 'q0', 'r1', 'q1']);
    },
  },
  {
    name: 'serves the queues as given with priority',
    async run(bench) {
      await publishToBoth(bench, { first: 'q', second: 'r' });

      const taken = await takeOneByOne(bench, await bench.consume({ queues: ['r', 'q'], order: 'priority' }), 4);

      expect(taken).toEqual(['r0', 'r1', 'q0', 'q1']);
    },
  },
  {
    name: 'serves the queues by name with sorted',
    async run(bench) {
      await publishToBoth(bench, { first: 'r', second: 'q' });

      const taken = await takeOneByOne(bench, await bench.consume({ queues: ['r', 'q'], order: 'sorted' }), 4);

      expect(taken).toEqual(['q0', 'q1', 'r0', 'r1']);
    },
  },
  {
    name: 'puts priority before the order of the queues',
    needs: ['lowest-first'],
    async run(bench) {
      await bench.broker.publish([message('late', { priority: 9 }), message('early', { queue: 'r', priority: 0 })]);

      const taken = await takeOneByOne(bench, await bench.consume({ queues: ['q', 'r'], order: 'priority' }), 2);

      expect(taken).toEqual(['early', 'late']);
    },
  },
  {
    name: 'takes from a queue that is added while it waits',
    async run(bench) {
      const consumer = await bench.consume();
      const taking = consumer.take(1, bench.soon());
      await turn();

      await consumer.setQueues(['q', 'r']);
      await bench.broker.publish([message('a', { queue: 'r' })]);

      expect(idsOf(await taking)).toEqual(['a']);
      await bench.broker.publish([message('b', { queue: 'q' })]);
      expect(idsOf(await bench.take(consumer, 1))).toEqual(['b']);
    },
  },
  {
    name: 'takes no more from a queue that is removed, keeps what it holds of it, and leaves the rest to others',
    async run(bench) {
      const consumer = await bench.consume({ queues: ['q', 'r'] });
      await bench.broker.publish([message('a', { queue: 'q' })]);
      const held = await bench.takeOne(consumer);
      await bench.expectNothing(consumer); // it has waited for both

      await consumer.setQueues(['r']);
      await bench.broker.publish([message('b', { queue: 'q' }), message('c', { queue: 'r' })]);

      expect(idsOf(await bench.take(consumer, 1))).toEqual(['c']);
      await bench.expectNothing(consumer);
      expect(await consumer.findLost([held])).toEqual([]);
      expect(await consumer.settle([ack(held)])).toEqual([]);
      expect(idsOf(await bench.take(await bench.consume({ queues: ['q'] }, await bench.peer()), 1))).toEqual(['b']);
    },
  },
  {
    name: 'takes from no queue at all, and from some again',
    async run(bench) {
      const consumer = await bench.consume();

      await consumer.setQueues([]);
      await bench.broker.publish([message('a')]);
      await bench.expectNothing(consumer);
      await consumer.setQueues(['q']);

      expect(idsOf(await bench.take(consumer, 1))).toEqual(['a']);
    },
  },
  {
    name: 'counts what waits, is held, is parked and is dead',
    needs: ['queues', 'deadLetters'],
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([...messages(6), message('other', { queue: 'r' })]);
      const [dead, later] = await bench.take(consumer, 3);
      if (dead) await consumer.settle([{ delivery: dead, as: 'dead', reason: 'rejected', error: 'no' }]);
      if (later) await consumer.settle([{ delivery: later, as: 'park', untilMs: Date.now() + 3_600_000 }]);

      expect(await bench.broker.queues?.stats('q')).toEqual({
        waiting: 3,
        held: 1,
        parked: 1,
        dead: 1,
        oldestAgeMs: undefined,
      });
      expect(await bench.broker.queues?.size('q')).toBe(3);
      expect(await bench.broker.queues?.size('r')).toBe(1);
      expect(await bench.broker.queues?.size('s')).toBe(0);
    },
  },
  {
    name: 'purges what waits and is parked, in that queue alone',
    needs: ['queues'],
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([...messages(4), message('other', { queue: 'r' }), message('low', { priority: 9 })]);
      const [held, later] = await bench.take(consumer, 2);
      if (later) await consumer.settle([{ delivery: later, as: 'park', untilMs: Date.now() + 3_600_000 }]);

      expect(await bench.broker.queues?.purge('q')).toBe(4);

      await bench.expectNothing(consumer);
      expect(await consumer.findLost(held ? [held] : [])).toEqual([]);
      expect(await bench.broker.queues?.stats('q')).toMatchObject({ waiting: 0, held: 1, parked: 0 });
      expect(await bench.broker.queues?.size('r')).toBe(1);
    },
  },
  {
    name: 'tells for how long the oldest has waited, where messages say when they were sent',
    needs: ['queues'],
    async run(bench) {
      const [nowMs, minute] = [Date.now(), 60_000];
      const eta = new Date(nowMs - 5 * minute).toISOString();
      const headers = JSON.stringify({ lang: 'js', task: 'conformance.due', id: 'due', retries: 0, eta });
      const age = async (queue: string) =>
        Math.round(((await bench.broker.queues?.stats(queue))?.oldestAgeMs ?? -1) / minute);
      await bench.broker.publish([
        message('old', { sentMs: nowMs - 2 * minute, priority: 9 }),
        message('fresh', { sentMs: nowMs }),
        message('due', { queue: 'r', headers, sentMs: nowMs - 9 * minute }),
      ]);

      expect([await age('q'), await age('r')]).toEqual([2, 5]);
      await bench.take(await bench.consume(), 2);
      expect((await bench.broker.queues?.stats('q'))?.oldestAgeMs).toBeUndefined();
    },
  },
  {
    name: 'hands out nothing of a paused queue, and goes on when it is resumed',
    needs: ['queues'],
    async run(bench) {
      const consumer = await bench.consume({ queues: ['q', 'r'] });
      await bench.broker.publish([message('before')]);
      const held = await bench.takeOne(consumer);

      await bench.broker.queues?.pause('q');
      await bench.broker.publish([
        message('during'),
        message('urgent', { priority: 3 }),
        message('other', { queue: 'r' }),
      ]);

      expect(idsOf(await bench.take(consumer, 1))).toEqual(['other']);
      await bench.expectNothing(consumer);
      expect(await consumer.settle([ack(held)])).toEqual([]);
      expect(await bench.broker.queues?.size('q')).toBe(2);
      await bench.broker.queues?.resume('q');
      expect(idsOf(await bench.take(consumer, 2))).toEqual(['during', 'urgent']);
    },
  },
  {
    name: 'wakes who waits for a queue when it is resumed',
    needs: ['queues'],
    async run(bench) {
      await bench.broker.queues?.pause('q');
      const consumer = await bench.consume();
      const taking = consumer.take(1, bench.soon());
      await bench.broker.publish([message('a')]);
      await (await bench.peer()).queues?.resume('q');

      expect(idsOf(await taking)).toEqual(['a']);
    },
  },
  {
    name: 'tells every connection which queues are paused, and remembers it',
    needs: ['queues'],
    async run(bench) {
      await bench.broker.queues?.pause('r');
      await bench.broker.queues?.pause('q');
      await bench.broker.queues?.pause('q');
      const peer = await bench.peer();

      expect(await peer.queues?.paused()).toEqual(['q', 'r']);
      await peer.queues?.resume('q');
      await peer.queues?.resume('never paused');
      expect(await bench.broker.queues?.paused()).toEqual(['r']);
    },
  },
];

async function publishToBoth(bench: BrokerBench, { first, second }: { first: string; second: string }): Promise<void> {
  await bench.broker.publish(messages(2, first, { queue: first }));
  await bench.broker.publish(messages(2, second, { queue: second }));
}

async function takeOneByOne(bench: BrokerBench, consumer: Consumer, count: number): Promise<string[]> {
  const taken: string[] = [];
  for (let index = 0; index < count; index++) taken.push(...idsOf(await bench.take(consumer, 1)));
  return taken;
}
