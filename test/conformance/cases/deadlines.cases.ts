import { expect } from 'vitest';
import type { DeadlineStore } from '../../../lib/backends/index.js';
import type { ResultBackendBench, ResultBackendCase } from '../result-backend.bench.js';

const PAST = 1_000;
const FUTURE = 9_000_000_000_000;

export const deadlinesCases: readonly ResultBackendCase[] = [
  {
    name: 'tells of deadlines whose time has come, the earliest first, and not again at once',
    needs: ['chords'],
    async run(bench) {
      const deadlines = deadlinesOf(bench.backend);
      await deadlines.set([
        { key: 'second', atMs: PAST + 1, text: '{"é": 2}' },
        { key: 'first', atMs: PAST, text: '1' },
        { key: 'later', atMs: FUTURE, text: '3' },
      ]);

      expect(await deadlines.due(1)).toEqual([{ key: 'first', text: '1' }]);
      expect(await deadlinesOf(await bench.peer()).due(10)).toEqual([{ key: 'second', text: '{"é": 2}' }]);
      expect(await deadlines.due(10)).toEqual([]);
    },
  },
  {
    name: 'tells of no deadline that was dropped or put off',
    needs: ['chords'],
    async run(bench) {
      const deadlines = deadlinesOf(bench.backend);
      await deadlines.set([
        { key: 'a', atMs: PAST, text: 'a' },
        { key: 'b', atMs: PAST, text: 'b' },
        { key: 'c', atMs: PAST, text: 'c' },
      ]);
      await deadlines.drop(['a', 'unknown']);
      await deadlines.set([{ key: 'b', atMs: FUTURE, text: 'b2' }]);

      expect(await deadlines.due(10)).toEqual([{ key: 'c', text: 'c' }]);
    },
  },
];

function deadlinesOf({ deadlines }: ResultBackendBench['backend']): DeadlineStore {
  if (deadlines === undefined) throw new Error('the backend keeps no deadlines');
  return deadlines;
}
