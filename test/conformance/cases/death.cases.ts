import { expect } from 'vitest';
import { ack, idOf, idsOf, message, messages, type BrokerCase } from '../broker.bench.js';

export const deathCases: readonly BrokerCase[] = [
  {
    name: 'gives back what a killed consumer held, to its place, marked redelivered and charged once',
    async run(bench) {
      const [victim, survivor] = [await bench.consume(), await bench.consume({}, await bench.peer())];
      await bench.broker.publish(messages(4));
      await bench.take(victim, 3);

      await bench.subject.kill(victim);
      await survivor.reap();
      const taken = await bench.take(survivor, 4);

      expect(taken.map((each) => [idOf(each), each.redelivered, each.losses])).toEqual([
        ['m0', true, 1],
        ['m1', true, 1],
        ['m2', true, 1],
        ['m3', false, 0],
      ]);
    },
  },
  {
    name: 'gives back to a waiting consumer, without being asked',
    async run(bench) {
      const [victim, survivor] = [await bench.consume(), await bench.consume({}, await bench.peer())];
      await bench.broker.publish([message('a')]);
      await bench.takeOne(victim);
      const waiting = bench.takeOne(survivor);

      await bench.subject.kill(victim);

      expect(idOf(await waiting)).toBe('a');
    },
  },
  {
    name: 'charges from the second loss on only what had started',
    async run(bench) {
      await bench.broker.publish(messages(2));
      const losses: number[][] = [];
      for (let round = 0; round < 3; round++) {
        const victim = await bench.consume();
        const taken = await bench.take(victim, 2);
        losses.push(taken.map((each) => each.losses));
        await victim.markStarted(taken.slice(0, 1));
        await bench.subject.kill(victim);
        await (await bench.consume()).reap();
      }

      expect(losses).toEqual([
        [0, 0],
        [1, 1],
        [2, 1],
      ]);
    },
  },
  {
    name: 'forgets that a message had started when it is given back',
    async run(bench) {
      await bench.broker.publish([message('a')]);
      const first = await bench.consume();
      const delivery = await bench.takeOne(first);
      await first.markStarted([delivery]);
      await first.settle([{ delivery, as: 'requeue', charge: true }]);
      await bench.takeOne(first);
      await bench.subject.kill(first);

      const survivor = await bench.consume();
      await survivor.reap();

      expect((await bench.takeOne(survivor)).losses).toBe(1);
    },
  },
  {
    name: 'leaves alone what a living consumer holds',
    async run(bench) {
      const [holder, other] = [await bench.consume(), await bench.consume({}, await bench.peer())];
      await bench.broker.publish(messages(2));
      const held = await bench.take(holder, 2);

      expect(await other.reap()).toBe(0);

      expect(await holder.findLost(held)).toEqual([]);
      await bench.expectNothing(other);
    },
  },
  {
    name: 'gives back once, however many look',
    async run(bench) {
      const victim = await bench.consume();
      await bench.broker.publish(messages(20));
      await bench.take(victim, 20);
      const reapers = await Promise.all([
        bench.consume(),
        bench.consume({}, await bench.peer()),
        bench.consume({}, await bench.peer()),
      ]);

      await bench.subject.kill(victim);
      const restored = await Promise.all(reapers.map((reaper) => reaper.reap()));
      const [reaper] = reapers;
      const taken = await bench.take(reaper as NonNullable<typeof reaper>, 20);

      expect(restored.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(20); // the rest was found by themselves
      expect(idsOf(taken)).toEqual(messages(20).map((each) => each.id));
      for (const each of reapers) await bench.expectNothing(each);
    },
  },
  {
    name: 'refuses what a consumer settles after its messages were given back, and hands it nothing more',
    async run(bench) {
      const [victim, survivor] = [await bench.consume(), await bench.consume()];
      await bench.broker.publish(messages(2));
      const stale = await bench.takeOne(victim);
      await bench.subject.kill(victim);
      await survivor.reap();
      const fresh = await bench.takeOne(survivor);

      expect(await victim.settle([{ ...ack(stale), successors: [message('b')] }])).toEqual([stale]);
      expect(await survivor.findLost([fresh])).toEqual([]);
      expect(await survivor.settle([ack(fresh)])).toEqual([]);
      expect(idsOf(await bench.take(survivor, 1))).toEqual(['m1']);
      await bench.expectNothing(survivor);
    },
  },
  {
    name: 'lets another thread settle by tag, once',
    needs: ['leaseKeeper', 'jointResults'],
    async run(bench) {
      const consumer = await bench.consume();
      const backend = await bench.results();
      await bench.broker.publish(messages(3));
      const [m0, m1, m2] = await bench.take(consumer, 3);
      if (!m0 || !m1 || !m2 || consumer.lease === undefined) throw new Error('The consumer has no lease data.');
      const keeper = await bench.subject.openLeaseKeeper?.(structuredClone(consumer.lease));
      const results = backend.encode?.([failure('m0')]) ?? [];

      const lost = await keeper?.settle([
        { tag: m0.tag, as: 'ack', results, successors: [message('errback')] },
        { tag: m1.tag, as: 'requeue' },
        { tag: 'nonsense', as: 'ack', successors: [message('never')] },
      ]);
      await keeper?.close();

      expect(lost).toEqual(['nonsense']);
      expect(await backend.fetch(['m0'])).toMatchObject([{ status: 'FAILURE' }]);
      expect(await consumer.findLost([m0, m1, m2])).toEqual([m0, m1]);
      expect((await bench.take(consumer, 2)).map((each) => [idOf(each), each.redelivered])).toEqual([
        ['m1', true],
        ['errback', false],
      ]);
    },
  },
  {
    name: 'lets another thread cut its consumer off',
    needs: ['leaseKeeper'],
    async run(bench) {
      const [cut, survivor] = [await bench.consume(), await bench.consume()];
      await bench.broker.publish(messages(3));
      const held = await bench.take(cut, 2);
      if (cut.lease === undefined) throw new Error('The consumer has no lease data.');
      const keeper = await bench.subject.openLeaseKeeper?.(structuredClone(cut.lease));

      expect(await keeper?.fence()).toBe(2);
      expect(await keeper?.fence()).toBe(0);
      await keeper?.close();

      expect(await cut.settle(held.map(ack))).toEqual(held);
      await expect(cut.take(1, bench.soon())).rejects.toMatchObject({ code: 'TQ_LEASE_LOST' });
      expect((await bench.take(survivor, 3)).map((each) => [idOf(each), each.redelivered, each.losses])).toEqual([
        ['m0', true, 0],
        ['m1', true, 0],
        ['m2', false, 0],
      ]);
    },
  },
];

function failure(
  taskId: string,
): Parameters<NonNullable<import('../../../lib/backends/index.js').ResultBackend['encode']>>[0][number] {
  return {
    taskId,
    status: 'FAILURE',
    result: '{"exc_type": "TimeLimitExceeded", "exc_message": [30], "exc_module": "billiard.exceptions"}',
    traceback: null,
    children: [],
    dateDoneMs: Date.now(),
    groupId: undefined,
    parentId: undefined,
    extended: undefined,
  };
}
