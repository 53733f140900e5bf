import { expect } from 'vitest';
import { idOf, idsOf, message, messages, type BrokerCase } from '../broker.bench.js';

export const parkingCases: readonly BrokerCase[] = [
  {
    name: 'hands out a parked message when it is due and not before, as if never taken',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const untilMs = Date.now() + 120;
      const first = await bench.takeOne(consumer);
      await consumer.settle([{ delivery: first, as: 'park', untilMs }]);

      const second = await bench.takeOne(consumer);

      expect(Date.now()).toBeGreaterThanOrEqual(untilMs);
      expect(second).toMatchObject({ redelivered: false, losses: 0 });
      expect(second.message.body).toEqual(first.message.body);
    },
  },
  {
    name: 'does not hold a parked message',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const delivery = await bench.takeOne(consumer);

      await consumer.settle([{ delivery, as: 'park', untilMs: Date.now() + 3_600_000 }]);

      expect(await consumer.findLost([delivery])).toEqual([delivery]);
      await bench.expectNothing(consumer);
    },
  },
  {
    name: 'shows what is parked of a queue, the earliest due first, and no more than asked for',
    needs: ['queues'],
    async run(bench) {
      const consumer = await bench.consume({ queues: ['q', 'r'] });
      const dueMs = Date.now() + 3_600_000;
      await bench.broker.publish([message('late'), message('soon'), message('other', { queue: 'r' }), message('held')]);
      for (const delivery of await bench.take(consumer, 4)) {
        const untilMs = dueMs + (idOf(delivery) === 'late' ? 60_000 : 0);
        if (idOf(delivery) !== 'held') await consumer.settle([{ delivery, as: 'park', untilMs }]);
      }

      const { queues } = await bench.peer();
      const parked = await queues?.parked('q', 10);

      expect(parked?.map((each) => each.message.headers['id'])).toEqual(['soon', 'late']);
      expect(Math.abs((parked?.[0]?.dueMs ?? 0) - dueMs)).toBeLessThan(2_000);
      expect(await queues?.parked('q', 1)).toHaveLength(1);
      expect(await queues?.parked('s', 10)).toEqual([]);
    },
  },
  {
    name: 'hands out at once what is parked until a time that has passed',
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const delivery = await bench.takeOne(consumer);

      await consumer.settle([{ delivery, as: 'park', untilMs: Date.now() - 1_000 }]);

      expect(idOf(await bench.takeOne(consumer))).toBe('a');
    },
  },
  {
    name: 'hands out a parked message to another consumer when the one that parked it is gone',
    async run(bench) {
      const parker = await bench.consume();
      await bench.broker.publish([message('a')]);
      await parker.settle([{ delivery: await bench.takeOne(parker), as: 'park', untilMs: Date.now() + 60 }]);
      await bench.subject.kill(parker);

      const delivery = await bench.takeOne(await bench.consume({}, await bench.peer()));

      expect(delivery).toMatchObject({ redelivered: false, losses: 0 });
    },
  },
  {
    name: 'parks what is published with an eta, the earliest due first',
    needs: ['parksOnPublish'],
    async run(bench) {
      const nowMs = Date.now();
      await bench.broker.publish([
        message('second', { etaMs: nowMs + 160 }),
        message('first', { etaMs: nowMs + 120 }),
        message('now', { etaMs: nowMs - 10 }),
      ]);
      const consumer = await bench.consume();
      const taken: [string, boolean][] = [];
      for (let index = 0; index < 3; index++) {
        const delivery = await bench.takeOne(consumer);
        taken.push([
          idOf(delivery),
          Date.now() >= { first: nowMs + 120, second: nowMs + 160 }[idOf(delivery)]! || idOf(delivery) === 'now',
        ]);
      }

      expect(taken).toEqual([
        ['now', true],
        ['first', true],
        ['second', true],
      ]);
    },
  },
  {
    name: 'wakes a waiting consumer for a message that another connection parked',
    needs: ['parksOnPublish'],
    async run(bench) {
      const waiting = bench.takeOne(await bench.consume());

      await (await bench.peer()).publish([message('a', { etaMs: Date.now() + 50 })]);

      expect(idOf(await waiting)).toBe('a');
    },
  },
  {
    name: 'parks successors with an eta',
    needs: ['parksOnPublish'],
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([message('a')]);
      const dueMs = Date.now() + 100;
      await consumer.settle([
        { delivery: await bench.takeOne(consumer), as: 'ack', successors: [message('b', { etaMs: dueMs })] },
      ]);

      const delivery = await bench.takeOne(consumer);

      expect(idOf(delivery)).toBe('b');
      expect(Date.now()).toBeGreaterThanOrEqual(dueMs);
    },
  },
  {
    name: 'promotes all that is due at one time',
    needs: ['parksOnPublish'],
    async run(bench) {
      const dueMs = Date.now() + 60;
      await bench.broker.publish(messages(150, 'm', { etaMs: dueMs }));

      const taken = await bench.take(await bench.consume(), 150);

      expect(idsOf(taken)).toEqual(messages(150).map((each) => each.id));
    },
  },
];
