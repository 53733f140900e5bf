import { expect } from 'vitest';
import type { ChordPart, ChordStore, PartAnswer } from '../../../lib/backends/index.js';
import { chordsOf, part, type ResultBackendBench, type ResultBackendCase } from '../result-backend.bench.js';

export const chordsCases: readonly ResultBackendCase[] = [
  {
    name: 'says once that a chord has ended, to who reports the last part',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      await chords.open([{ groupId: 'g', size: 3 }]);

      expect(await chords.report([part('a', 0), part('b', 1)])).toEqual(['counted', 'counted']);
      expect(await chords.report([part('c', 2)])).toEqual(['yours']);
      expect(await chords.report([part('a', 0), part('b', 1)])).toEqual(['over', 'over']);
    },
  },
  {
    name: 'counts parts of several chords apart, also within a batch',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      await chords.open([
        { groupId: 'g', size: 2 },
        { groupId: 'h', size: 1 },
      ]);

      const answers = await chords.report([part('a', 0), part('a', 0, { groupId: 'h' }), part('b', 1), part('c', 2)]);

      expect(answers).toEqual(['counted', 'yours', 'yours', 'over']);
      expect(await chords.report([])).toEqual([]);
    },
  },
  {
    name: 'says so exactly once while several connections report at once, each part twice',
    needs: ['chords'],
    async run(bench) {
      const all = [bench.backend, await bench.peer(), await bench.peer()].map(chordsOf);
      await all[0]?.open([{ groupId: 'g', size: 60 }]);
      const parts = Array.from({ length: 60 }, (_, index) => part(`t${index}`, index));

      const answered = await Promise.all(
        [...parts, ...parts].map(async (each, index) => {
          const [answer] = (await all[index % 3]?.report([each])) ?? [];
          return { taskId: each.taskId, answer };
        }),
      );

      const told = answered.filter(({ answer }) => answer === 'yours').map(({ taskId }) => taskId);
      expect(new Set(told).size, 'tasks that were told so').toBe(1);
      expect(await all[1]?.parts('g')).toHaveLength(60);
    },
  },
  {
    name: 'tells the same task so again until the close, and nobody else',
    needs: ['chords'],
    async run(bench) {
      const [chords, peer] = [chordsOf(bench.backend), chordsOf(await bench.peer())];
      await chords.open([{ groupId: 'g', size: 2 }]);
      await chords.report([part('a', 0), part('b', 1)]);

      expect(await peer.report([part('b', 1), part('a', 0), part('b', 1)])).toEqual(['yours', 'over', 'yours']);
      await peer.close(['g']);
      expect(await chords.report([part('b', 1), part('a', 0)])).toEqual(['over', 'over']);
    },
  },
  {
    name: 'replaces a part of the same task that is reported again',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      await chords.open([{ groupId: 'g', size: 3 }]);

      const answers = await chords.report([
        part('a', 0, { result: '"first"' }),
        part('a', 0, { result: '"second"' }),
        part('b', undefined, { result: '"first"' }),
        part('b', undefined, { result: '"second"' }),
      ]);

      expect(answers).toEqual(['counted', 'counted', 'counted', 'counted']);
      expect(await resultsOf(chords)).toEqual(['"second"', '"second"']);
      expect(await chords.report([part('c', 2)])).toEqual(['yours']);
    },
  },
  {
    name: 'ends a chord with the first part that did not succeed',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      await chords.open([
        { groupId: 'g', size: 3 },
        { groupId: 'h', size: 3 },
      ]);

      expect(await chords.report([part('a', 0), part('b', 1, FAILED), part('c', 2, FAILED)])).toEqual([
        'counted',
        'yours',
        'over',
      ]);
      expect(await chords.report([part('a', 0, { ...FAILED, groupId: 'h', state: 'REVOKED' })])).toEqual(['yours']);
      expect(await chords.parts('g')).toEqual([
        { taskId: 'a', state: 'SUCCESS', result: '1' },
        { taskId: 'b', state: 'FAILURE', result: FAILED.result },
        { taskId: 'c', state: 'FAILURE', result: FAILED.result },
      ]);
      await chords.close(['g', 'h']);
      expect(await chords.report([part('c', 2), part('b', 1, FAILED)])).toEqual(['over', 'over']);
    },
  },
  {
    name: 'takes an end back when its task succeeds after all, delivered again before the close',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      await chords.open([{ groupId: 'g', size: 2 }]);
      await chords.report([part('a', 0, FAILED)]);

      expect(await chords.report([part('a', 0)])).toEqual(['counted']);
      expect(await chords.report([part('b', 1)])).toEqual(['yours']);
      expect(await chords.report([part('b', 1, FAILED)])).toEqual(['yours']);
      expect(await chords.report([part('b', 1)])).toEqual(['yours']);
      expect(await resultsOf(chords)).toEqual(['1', '1']);
    },
  },
  {
    name: 'knows what came from others when an end is taken back',
    needs: ['chords'],
    async run(bench) {
      const [chords, peer] = [chordsOf(bench.backend), chordsOf(await bench.peer())];
      await chords.open(['g', 'h', 'i'].map((groupId) => ({ groupId, size: groupId === 'i' ? 3 : 2 })));
      const within =
        (groupId: string) =>
        (task: string, place: number, state: Partial<ChordPart> = {}) =>
          part(task, place, { ...state, groupId });
      const [g, h, i] = [within('g'), within('h'), within('i')];

      expect(await chords.report([g('a', 0, FAILED), h('a', 0, FAILED), i('a', 0, FAILED)])).toEqual(all('yours', 3));
      expect(await peer.report([g('b', 1), h('b', 1, FAILED), i('b', 1)])).toEqual(all('over', 3));
      expect(await chords.report([g('a', 0, FAILED), g('a', 0), h('a', 0)])).toEqual(all('yours', 3));
      expect(await chords.report([i('a', 0), i('c', 2)])).toEqual(['counted', 'yours']);

      const states = await Promise.all(['g', 'h', 'i'].map((groupId) => chords.parts(groupId)));
      expect(states.map((parts) => parts.map(({ taskId, state }) => `${taskId} ${state}`))).toEqual([
        ['a SUCCESS', 'b SUCCESS'],
        ['a SUCCESS', 'b FAILURE'],
        ['a SUCCESS', 'b SUCCESS', 'c SUCCESS'],
      ]);
      await chords.close(['g', 'h', 'i']);
      expect(await peer.report([g('b', 1), h('b', 1, FAILED), i('a', 0)])).toEqual(all('over', 3));
    },
  },
  {
    name: 'knows what came from others when a chord is extended after its end',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      await chords.open([{ groupId: 'g', size: 2 }]);
      expect(await chords.report([part('a', 0), part('b', 1)])).toEqual(['counted', 'yours']);
      expect(await chords.report([part('a', 0, FAILED), part('x', 9)])).toEqual(['over', 'over']);
      await chords.extend('g', 1, 'x1');

      expect(await chords.report([part('c', 2)])).toEqual(['over']);
      expect(await chords.report([part('b', 1)])).toEqual(['yours']);
      expect((await chords.parts('g')).map(({ taskId }) => taskId)).toEqual(['a', 'b', 'c']);
      expect((await chords.parts('g')).map(({ state }) => state)).toEqual(Array(3).fill('SUCCESS'));
    },
  },
  {
    name: 'counts what comes before it is known how many there shall be',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);

      expect(await chords.report([part('a', 0), part('b', 1)])).toEqual(['counted', 'counted']);
      await chords.open([{ groupId: 'g', size: 3 }]);
      expect(await chords.report([part('c', 2)])).toEqual(['yours']);
    },
  },
  {
    name: 'fails a chord before it is known how many there shall be, for good',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);

      expect(await chords.report([part('a', 0, FAILED)])).toEqual(['yours']);
      await chords.close(['g']);
      await chords.open([{ groupId: 'g', size: 2 }]);
      expect(await chords.report([part('b', 1), part('a', 0, FAILED)])).toEqual(['over', 'over']);
    },
  },
  {
    name: 'takes what a part says of their number before what was opened',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);

      expect(await chords.report([part('a', 0, { size: 2 }), part('b', 1, { size: 2 })])).toEqual(['counted', 'yours']);
      await chords.open([{ groupId: 'h', size: 9 }]);
      expect(await chords.report([part('a', 0, { groupId: 'h', size: 1 })])).toEqual(['yours']);
    },
  },
  {
    name: 'ends a chord of which more parts came than were expected',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      await chords.report([part('a', 0), part('b', 1), part('c', 2)]);

      await chords.open([{ groupId: 'g', size: 2 }]);

      expect(await chords.report([part('d', 3)])).toEqual(['yours']);
    },
  },
  {
    name: 'expects more parts where a chord is extended, before it is opened or after',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      await chords.extend('g', 1, 'x2');
      await chords.open([{ groupId: 'g', size: 1 }]);
      await chordsOf(await bench.peer()).extend('g', 2, 'x3');

      expect(await chords.report([part('a', 0), part('b', 1), part('c', undefined)])).toEqual(Array(3).fill('counted'));
      expect(await chords.progress('g')).toEqual({ done: 3, size: 4 });
      expect(await chords.report([part('d', undefined)])).toEqual(['yours']);
      await chords.extend('g', 1, 'x4');
      expect(await chords.report([part('d', undefined)])).toEqual(['counted']);
      expect(await chords.report([part('e', undefined)])).toEqual(['yours']);
    },
  },
  {
    name: 'hands out the parts by their places, those without one last',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      const places = [70, undefined, 2, 10, 0, undefined, 1_000_000];
      await chords.report(places.map((place, index) => part(`t${index}`, place, { result: `"${place}"` })));

      const parts = await chordsOf(await bench.peer()).parts('g');

      expect(parts.slice(0, 5).map(({ taskId }) => taskId)).toEqual(['t4', 't2', 't3', 't0', 't6']);
      expect(new Set(parts.slice(5).map(({ taskId }) => taskId))).toEqual(new Set(['t1', 't5']));
      expect(parts[0]).toEqual({ taskId: 't4', state: 'SUCCESS', result: '"0"' });
      expect(await chords.parts('nobody')).toEqual([]);
    },
  },
  {
    name: 'keeps results of parts as they were written, and many of them',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      const texts = [
        '12345678901234567890',
        '{"a": [1, "], [1, \\"x\\", "]}',
        '"ä 𝄞 \\n"',
        JSON.stringify('x'.repeat(300_000)),
      ];
      const odd = texts.map((result, index) => part(`"o", 'd\\d' ${index}`, index, { result }));
      const many = Array.from({ length: 2_500 }, (_, index) => part(`m${index}`, 10 + index, { result: `${index}` }));

      await chords.report([...odd, ...many]);

      const parts = await chords.parts('g');
      expect(parts.slice(0, 4)).toEqual(odd.map(({ taskId, state, result }) => ({ taskId, state, result })));
      expect(parts.slice(4).map(({ result }) => result)).toEqual(many.map(({ result }) => result));
    },
  },
  {
    name: 'closes twice, also what nobody opened, and frees the parts',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      await chords.open([{ groupId: 'g', size: 1 }]);
      await chords.report([part('a', 0)]);

      await chords.close(['g', 'unknown']);
      await chords.close(['g']);

      expect(await chords.parts('g')).toEqual([]);
      expect(await chords.report([part('a', 0), part('a', 0, { groupId: 'unknown' })])).toEqual(['over', 'over']);
    },
  },
  {
    name: 'tells how far a chord is, also when it has ended',
    needs: ['chords'],
    async run(bench) {
      const chords = chordsOf(bench.backend);
      expect(await chords.progress('g')).toEqual({ done: 0, size: undefined });
      await chords.report([part('a', 0)]);
      expect(await chords.progress('g')).toEqual({ done: 1, size: undefined });
      await chords.open([{ groupId: 'g', size: 2 }]);
      expect(await chords.progress('g')).toEqual({ done: 1, size: 2 });

      await chords.report([part('b', 1, FAILED)]);
      expect(await chords.progress('g')).toEqual({ done: 2, size: 2 });
      await chords.close(['g']);
      expect(await chords.progress('g')).toEqual({ done: 2, size: 2 });
    },
  },
  {
    name: 'keeps a chord no longer than told, from the last part on',
    needs: ['chords', 'expires'],
    async run(bench) {
      const brief = chordsOf(await bench.peer({ expiresMs: 50 }));
      const forEver = chordsOf(await bench.peer({ expiresMs: 0 }));
      const chords = chordsOf(bench.backend);
      await brief.extend('extended', 5, 'x5');
      for (const [store, groupId] of [
        [brief, 'brief'],
        [forEver, 'forEver'],
      ] as const) {
        await store.open([{ groupId, size: 2 }]);
        await store.report([part('a', 0, { groupId }), part('b', 1, { groupId })]);
      }
      await brief.report([part('a', 0, { ...FAILED, groupId: 'closed' })]);
      await brief.close(['closed']);

      for (const groupId of ['brief', 'closed']) {
        await until(bench, async () => (await chords.progress(groupId)).done === 0);
      }

      expect(await chords.report([part('b', 1, { groupId: 'extended', size: 1 })])).toEqual(['yours']);
      expect(await chords.report([part('b', 1, { groupId: 'brief' })])).toEqual(['counted']);
      expect(await chords.report([part('b', 1, { groupId: 'forEver' })])).toEqual(['yours']);
      expect(await chords.report([part('b', 1, { groupId: 'closed' })])).toEqual(['counted']);
    },
  },
  {
    name: 'counts no more when closed',
    needs: ['chords'],
    async run(bench) {
      const backend = await bench.peer();
      await backend.close();

      await expect(chordsOf(backend).report([part('a', 0)])).rejects.toMatchObject({
        code: 'TQ_RESULT_BACKEND_UNAVAILABLE',
      });
    },
  },
];

const FAILED = {
  state: 'FAILURE',
  result: '{"exc_type": "ValueError", "exc_message": ["no"], "exc_module": "builtins"}',
} as const satisfies Partial<ChordPart>;

function all(answer: PartAnswer, count: number): readonly PartAnswer[] {
  return Array<PartAnswer>(count).fill(answer);
}

async function resultsOf(chords: ChordStore): Promise<readonly string[]> {
  return (await chords.parts('g')).map(({ result }) => result);
}

async function until(bench: ResultBackendBench, isReached: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(bench.patienceMs);
  while (!(await isReached())) {
    expect(signal.aborted, `within ${bench.patienceMs} ms`).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
