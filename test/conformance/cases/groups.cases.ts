import { expect } from 'vitest';
import { groupResultTuple, taskResultTuple } from '../../../lib/protocol/index.js';
import { groupsOf, type ResultBackendCase } from '../result-backend.bench.js';

const parent = taskResultTuple('parent');
const group = groupResultTuple('g', [
  taskResultTuple('a', parent),
  groupResultTuple('inner "ä"', [taskResultTuple('b'), taskResultTuple('c')]),
]);

export const groupsCases: readonly ResultBackendCase[] = [
  {
    name: 'saves groups and restores them from any connection',
    needs: ['groups'],
    async run(bench) {
      const groups = groupsOf(bench.backend);
      expect(await groups.fetch('g')).toBeUndefined();

      await groups.save('g', groupResultTuple('g', []));
      await groups.save('g', group);

      expect(await groupsOf(await bench.peer()).fetch('g')).toEqual(group);
    },
  },
  {
    name: 'forgets saved groups',
    needs: ['groups'],
    async run(bench) {
      const groups = groupsOf(bench.backend);
      await groups.save('g', group);
      await groups.save('h', group);

      await groups.forget(['g', 'nobody']);

      expect(await groups.fetch('g')).toBeUndefined();
      expect(await groups.fetch('h')).toEqual(group);
    },
  },
  {
    name: 'keeps saved groups no longer than told',
    needs: ['groups', 'expires'],
    async run(bench) {
      await groupsOf(await bench.peer({ expiresMs: 30 })).save('brief', group);
      await groupsOf(await bench.peer({ expiresMs: 0 })).save('forEver', group);
      const groups = groupsOf(bench.backend);
      const signal = AbortSignal.timeout(bench.patienceMs);

      while ((await groups.fetch('brief')) !== undefined) {
        expect(signal.aborted, `gone within ${bench.patienceMs} ms`).toBe(false);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }

      expect(await groups.fetch('forEver')).toEqual(group);
    },
  },
];
