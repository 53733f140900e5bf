import { expect } from 'vitest';
import type { ChordPart, ChordStore, ResultBackend } from '../../../lib/backends/index.js';
import type { Consumer, Delivery, EncodedPart, JoinAnswer, JoinSettlement } from '../../../lib/brokers/index.js';
import { idOf, idsOf, message, messages, type BrokerBench, type BrokerCase } from '../broker.bench.js';
import { chordsOf, part, record } from '../result-backend.bench.js';

export const joinsCases: readonly BrokerCase[] = [
  {
    name: 'counts parts in the step that settles their messages, with what goes with them',
    needs: ['joins'],
    async run(bench) {
      const { backend, chords, consumer, taken } = await start(bench, 2, 3);
      const [m0, m1] = taken as [Delivery, Delivery];

      const answer = await join(consumer, [
        memberOf(backend, m0, 0, { successors: [message('callback', { queue: 'r' })] }),
        memberOf(backend, m1, 1),
      ]);

      expect(answer).toEqual({ lost: [], yours: [] });
      expect(await chords.progress('g')).toEqual({ done: 2, size: 3 });
      expect(await backend.fetch(['m0', 'm1'])).toMatchObject([{ result: 'm0' }, { result: 'm1' }]);
      expect(await consumer.findLost(taken)).toEqual(taken);
      expect(idsOf(await bench.take(await bench.consume({ queues: ['r'] }), 1))).toEqual(['callback']);
    },
  },
  {
    name: 'keeps the message whose part ends a chord, with its result written, until what follows is settled with the close',
    needs: ['joins'],
    async run(bench) {
      const { backend, chords, consumer, taken } = await start(bench, 3, 2);
      const [m0, m1, m2] = taken as [Delivery, Delivery, Delivery];

      const answer = await join(
        consumer,
        [m0, m1, m2].map((delivery, index) =>
          memberOf(backend, delivery, index, { successors: [message(`after-${idOf(delivery)}`, { queue: 'r' })] }),
        ),
      );

      expect(answer).toEqual({ lost: [], yours: [m1] });
      expect(await consumer.findLost(taken)).toEqual([m0, m2]);
      expect(await backend.fetch(['m1'])).toMatchObject([{ status: 'SUCCESS' }]);
      expect((await chords.parts('g')).map(({ taskId }) => taskId)).toEqual(['m0', 'm1']);

      const lost = await consumer.settle([
        {
          delivery: m1,
          as: 'ack',
          successors: [message('body', { queue: 'r' })],
          closes: [chords.encodeClosing?.('g') ?? { key: '', expiresMs: 0 }],
        },
      ]);

      expect(lost).toEqual([]);
      const followed = await bench.take(await bench.consume({ queues: ['r'] }), 3);
      expect(new Set(idsOf(followed))).toEqual(new Set(['after-m0', 'after-m2', 'body']));
      expect(await chords.parts('g')).toEqual([]);
      expect(await chords.report([part('m1', 1)])).toEqual(['over']);
    },
  },
  {
    name: 'tells the same task so again when its message was lost in between, and closes nothing for who had it',
    needs: ['joins'],
    async run(bench) {
      const { backend, chords, consumer, taken } = await start(bench, 1, 1);
      const [first] = taken as [Delivery];
      const survivor = await bench.consume({}, await bench.peer());
      expect((await join(consumer, [memberOf(backend, first, 0)])).yours).toEqual([first]);
      await consumer.settle([{ delivery: first, as: 'requeue', charge: true }]);
      const again = await bench.takeOne(survivor);

      const late = await consumer.settle([
        { delivery: first, as: 'ack', closes: [chords.encodeClosing?.('g') ?? { key: '', expiresMs: 0 }] },
      ]);
      const answer = await join(survivor, [memberOf(backend, again, 0, { result: '"again"' })]);

      expect(late).toEqual([first]);
      expect(answer.yours).toEqual([again]);
      expect((await chords.parts('g')).map(({ result }) => result)).toEqual(['"again"']);
    },
  },
  {
    name: 'counts no part of what is no longer held, and stores nothing of it',
    needs: ['joins'],
    async run(bench) {
      const { backend, chords, consumer, taken } = await start(bench, 2, 1);
      const [m0, m1] = taken as [Delivery, Delivery];
      await consumer.settle([{ delivery: m0, as: 'requeue', charge: false }]);
      await takeFromBehind(bench, consumer);

      const answer = await join(consumer, [
        memberOf(backend, m0, 0, { successors: [message('callback', { queue: 'r' })] }),
        memberOf(backend, m1, 1, { ...FAILED }),
      ]);

      expect(answer).toEqual({ lost: [m0], yours: [m1] });
      expect((await chords.parts('g')).map(({ taskId }) => taskId)).toEqual(['m1']);
      expect(await backend.fetch(['m0'])).toEqual([undefined]);
      await bench.expectNothing(await bench.consume({ queues: ['r'] }));
    },
  },
  {
    name: 'acknowledges parts that come too late, and stores their results',
    needs: ['joins'],
    async run(bench) {
      const { backend, chords, consumer, taken } = await start(bench, 3, 3);
      const [m0, m1, m2] = taken as [Delivery, Delivery, Delivery];

      const answer = await join(consumer, [
        memberOf(backend, m0, 0, FAILED),
        memberOf(backend, m1, 1),
        memberOf(backend, m2, 2, FAILED),
      ]);

      expect(answer).toEqual({ lost: [], yours: [m0] });
      expect(await consumer.findLost(taken)).toEqual([m1, m2]);
      expect((await chords.parts('g')).map(({ taskId }) => taskId)).toEqual(['m0', 'm1', 'm2']);
      expect((await backend.fetch(['m0', 'm1', 'm2'])).map((meta) => meta?.status)).toEqual([
        'FAILURE',
        'SUCCESS',
        'FAILURE',
      ]);
    },
  },
  {
    name: 'ends each of several chords once while many consumers settle their parts, in pages',
    needs: ['joins'],
    async run(bench) {
      const groups = ['g0', 'g1', 'g2'];
      const backend = await bench.results();
      const chords = chordsOf(backend);
      await chords.open(groups.map((groupId) => ({ groupId, size: 90 })));
      await bench.broker.publish(messages(270));
      const consumers = await Promise.all([0, 1, 2].map(async () => bench.consume({}, await bench.peer())));
      const ended: string[] = [];
      let left = 270;
      const all = bench.deadline();

      await Promise.all(
        consumers.map(async (consumer) => {
          while (left > 0 && !all.signal.aborted) {
            const taken = await consumer.take(64, all.signal);
            left -= taken.length;
            if (left === 0) all.abort();
            const answer = await join(
              consumer,
              taken.map((delivery) => {
                const number = Number(idOf(delivery).slice(1));
                return memberOf(backend, delivery, Math.floor(number / 3), { groupId: groups[number % 3] ?? '' });
              }),
            );
            ended.push(...answer.yours.map((delivery) => groups[Number(idOf(delivery).slice(1)) % 3] ?? ''));
          }
        }),
      );

      expect(ended.toSorted()).toEqual(groups);
      for (const groupId of groups) expect(await chords.parts(groupId)).toHaveLength(90);
    },
  },
  {
    name: 'joins nothing twice, and an empty batch',
    needs: ['joins'],
    async run(bench) {
      const { backend, chords, consumer, taken } = await start(bench, 1, 3);
      const [m0] = taken as [Delivery];

      expect(await join(consumer, [])).toEqual({ lost: [], yours: [] });
      const twice = await join(consumer, [memberOf(backend, m0, 0), memberOf(backend, m0, 0)]);
      expect(twice.lost.length).toBeLessThanOrEqual(1);
      expect(await join(consumer, [memberOf(backend, m0, 0)])).toEqual({ lost: [m0], yours: [] });
      expect((await chords.progress('g')).done).toBe(1);
    },
  },
];

const FAILED = { state: 'FAILURE', result: '{"exc_type": "ValueError", "exc_message": []}' } as const;

interface Started {
  readonly backend: ResultBackend;
  readonly chords: ChordStore;
  readonly consumer: Consumer;
  readonly taken: readonly Delivery[];
}

/** A chord of that size, and messages of it that are held. */
async function start(bench: BrokerBench, held: number, size: number): Promise<Started> {
  const backend = await bench.results();
  const chords = chordsOf(backend);
  await chords.open([{ groupId: 'g', size }]);
  const consumer = await bench.consume();
  await bench.broker.publish(messages(held));
  return { backend, chords, consumer, taken: await bench.take(consumer, held) };
}

/** So that what was given back is held again, under another tag. */
async function takeFromBehind(bench: BrokerBench, consumer: Consumer): Promise<void> {
  await bench.take(consumer, 1);
}

function join(consumer: Consumer, batch: readonly JoinSettlement[]): Promise<JoinAnswer> {
  if (consumer.join === undefined) throw new Error('The case needs "joins", and the consumer has no join().');
  return consumer.join(batch);
}

type Change = Partial<ChordPart> & Partial<Pick<JoinSettlement, 'successors'>>;

/** The end of a header member with its id as its result. */
function memberOf(
  backend: ResultBackend,
  delivery: Delivery,
  groupIndex: number,
  { successors = [], ...change }: Change = {},
): JoinSettlement {
  const reported = part(idOf(delivery), groupIndex, { result: JSON.stringify(idOf(delivery)), ...change });
  const { taskId, state: status, result } = reported;
  return {
    delivery,
    successors,
    results: backend.encode?.([record(taskId, { status, result })]) ?? [],
    part: chordsOf(backend).encode?.(reported) as EncodedPart,
  };
}
