import { expect } from 'vitest';
import type { Broker, Consumer, DeadLetters, RunningOrder } from '../../../lib/brokers/index.js';
import { ack, idOf, idsOf, message, messages, type BrokerBench, type BrokerCase } from '../broker.bench.js';

export const abilitiesCases: readonly BrokerCase[] = [
  {
    name: 'keeps a dead letter with its reason, and hands it out no more',
    needs: ['deadLetters'],
    async run(bench) {
      const consumer = await bench.consume();
      await bench.broker.publish([message('a'), message('b')]);
      const delivery = await bench.takeOne(consumer);
      await consumer.settle([{ delivery, as: 'dead', reason: 'unknown_task', error: 'no "ä" here' }]);

      const [dead, ...others] = await deadLetters(bench.broker).list('q');

      expect(others).toEqual([]);
      expect(dead).toMatchObject({ queue: 'q', reason: 'unknown_task', error: 'no "ä" here', losses: 0 });
      expect(Math.abs(Date.now() - (dead?.diedAtMs ?? 0))).toBeLessThan(60_000);
      expect(dead?.message.body).toEqual(delivery.message.body);
      expect(dead?.message.headers).toMatchObject(delivery.message.headers);
      expect(idsOf(await bench.take(consumer, 1))).toEqual(['b']);
      await bench.expectNothing(consumer);
    },
  },
  {
    name: 'writes into a dead letter how it died, as RabbitMQ does',
    needs: ['deadLetters'],
    async run(bench) {
      await bury(bench, await bench.consume(), 1);

      const [dead] = await deadLetters(bench.broker).list('q');

      expect(dead?.message.headers['x-death']).toMatchObject([
        { queue: 'q', reason: 'rejected', count: 1, exchange: '' },
      ]);
    },
  },
  {
    name: 'lists dead letters oldest first, in pages, each queue apart',
    needs: ['deadLetters'],
    async run(bench) {
      await bury(bench, await bench.consume(), 5);
      const letters = deadLetters(bench.broker);

      const pages = [
        await letters.list('q', { limit: 2 }),
        await letters.list('q', { offset: 2, limit: 2 }),
        await letters.list('q', { offset: 4 }),
      ];

      expect(pages.map((page) => page.map((each) => each.message.headers['id']))).toEqual([
        ['m0', 'm1'],
        ['m2', 'm3'],
        ['m4'],
      ]);
      expect(await letters.count('q')).toBe(5);
      expect(await letters.count('r')).toBe(0);
    },
  },
  {
    name: 'redrives dead letters with a clean record, all or the chosen',
    needs: ['deadLetters'],
    async run(bench) {
      const consumer = await bench.consume();
      await bury(bench, consumer, 3);
      const letters = deadLetters(bench.broker);
      const [, second] = await letters.list('q');
      if (!second) return;

      expect(await letters.redrive('q', [second.key])).toBe(1);
      expect(await letters.redrive('q', [second.key, 'nonsense'])).toBe(0);
      const first = await bench.takeOne(consumer);
      await consumer.settle([ack(first)]);
      expect(await letters.redrive('q')).toBe(2);

      expect([idOf(first), ...idsOf(await bench.take(consumer, 2))]).toEqual(['m1', 'm0', 'm2']);
      expect(first).toMatchObject({ redelivered: false, losses: 0 });
      expect(first.message.headers).not.toHaveProperty('x-death');
      expect(await letters.count('q')).toBe(0);
    },
  },
  {
    name: 'purges dead letters, all or the chosen',
    needs: ['deadLetters'],
    async run(bench) {
      const consumer = await bench.consume();
      await bury(bench, consumer, 3);
      const letters = deadLetters(bench.broker);
      const [first] = await letters.list('q');

      expect(await letters.purge('q', first ? [first.key] : [])).toBe(1);
      expect(await letters.count('q')).toBe(2);
      expect(await letters.purge('r')).toBe(0);
      expect(await letters.purge('q')).toBe(2);

      await bench.expectNothing(consumer);
    },
  },
  {
    name: 'tells a follower the revocations in force and each new one, of every connection',
    needs: ['revocations'],
    async run(bench) {
      const peer = await bench.peer();
      await bench.broker.revocations?.revoke(['a', 'b'], 60_000);
      const told = await follow(bench, peer);

      await told.until((ids) => ids.has('a') && ids.has('b'));
      await bench.broker.revocations?.revoke(['c'], 60_000);
      await told.until((ids) => ids.has('c'));

      await told.close();
    },
  },
  {
    name: 'tells what a revocation asks of tasks that run, also those who follow later',
    needs: ['revocations'],
    async run(bench) {
      const early = await follow(bench, await bench.peer());
      const { revocations } = bench.broker;
      await revocations?.revoke(['c1', 'workflow:c2'], 60_000, { as: 'cancel' });
      await revocations?.revoke(['t'], 60_000, { as: 'terminate', signal: 'SIGQUIT' });
      await revocations?.revoke(['n', 't'], 60_000);
      const isAll = (ids: ReadonlySet<string>): boolean => ids.has('n') && early.running.size === 3;
      await early.until(isAll);
      const late = await follow(bench, bench.broker);
      await late.until((ids) => ids.has('n') && late.running.size === 3);

      for (const told of [early, late]) {
        expect(Object.fromEntries(told.running)).toEqual({
          c1: { as: 'cancel' },
          'workflow:c2': { as: 'cancel' },
          t: { as: 'terminate', signal: 'SIGQUIT' },
        });
        await told.close();
      }
    },
  },
  {
    name: 'does not tell a revocation that has run out',
    needs: ['revocations'],
    async run(bench) {
      await bench.broker.revocations?.revoke(['short'], 1);
      await bench.broker.revocations?.revoke(['long'], 60_000);
      await bench.expectNothing(await bench.consume());

      const told = await follow(bench, bench.broker);
      await told.until((ids) => ids.has('long'));

      expect(told.ids.has('short')).toBe(false);
      await told.close();
    },
  },
  {
    name: 'tells a follower nothing after it closed',
    needs: ['revocations'],
    async run(bench) {
      const [closed, open] = [await follow(bench, bench.broker), await follow(bench, bench.broker)];
      await closed.close();

      await bench.broker.revocations?.revoke(['a'], 60_000);
      await open.until((ids) => ids.has('a'));

      expect(closed.ids.has('a')).toBe(false);
      await open.close();
    },
  },
  {
    name: 'lets one of many schedulers send a tick',
    needs: ['ticks'],
    async run(bench) {
      const brokers = [bench.broker, await bench.peer()];

      const claims = await Promise.all(
        Array.from({ length: 10 }, async (_, index) =>
          brokers[index % 2]?.ticks?.publishTick('entry', 1_000, message('tick')),
        ),
      );

      expect(claims.filter(Boolean)).toHaveLength(1);
      const consumer = await bench.consume();
      expect(idsOf(await bench.take(consumer, 1))).toEqual(['tick']);
      await bench.expectNothing(consumer);
    },
  },
  {
    name: 'tells ticks apart by entry and due time',
    needs: ['ticks'],
    async run(bench) {
      const claims = [
        await bench.broker.ticks?.publishTick('one', 1_000, message('a')),
        await bench.broker.ticks?.publishTick('one', 2_000, message('b')),
        await bench.broker.ticks?.publishTick('two', 1_000, message('c')),
        await bench.broker.ticks?.publishTick('two', 1_000, message('d')),
      ];

      expect(claims).toEqual([true, true, true, false]);
      expect(idsOf(await bench.take(await bench.consume(), 3))).toEqual(['a', 'b', 'c']);
    },
  },
];

function deadLetters(broker: Broker): DeadLetters {
  if (broker.deadLetters === undefined) throw new Error('The case needs "deadLetters".');
  return broker.deadLetters;
}

async function bury(bench: BrokerBench, consumer: Consumer, count: number): Promise<void> {
  await bench.broker.publish(messages(count));
  for (const delivery of await bench.take(consumer, count)) {
    await consumer.settle([{ delivery, as: 'dead', reason: 'rejected', error: 'because' }]);
  }
}

interface Told {
  readonly ids: ReadonlySet<string>;
  /** What was asked of running tasks. */
  readonly running: ReadonlyMap<string, RunningOrder>;
  until(isEnough: (ids: ReadonlySet<string>) => boolean): Promise<void>;
  close(): Promise<void>;
}

async function follow(bench: BrokerBench, broker: Broker): Promise<Told> {
  const ids = new Set<string>();
  const running = new Map<string, RunningOrder>();
  let changed: (() => void) | undefined;
  const followed = await broker.revocations?.follow((taskIds, order) => {
    for (const taskId of taskIds) ids.add(taskId);
    if (order !== undefined) for (const taskId of taskIds) running.set(taskId, order);
    changed?.();
  });
  return {
    ids,
    running,
    async until(isEnough) {
      const signal = bench.soon();
      while (!isEnough(ids)) {
        if (signal.aborted)
          throw new Error(`Told of ${[...ids].join(', ') || 'nothing'} within ${bench.patienceMs} ms.`);
        await new Promise<void>((resolve) => {
          changed = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },
    close: async () => followed?.close(),
  };
}
