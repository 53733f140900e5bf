import { expect } from 'vitest';
import { record, type ResultBackendCase } from '../result-backend.bench.js';

export const watchingCases: readonly ResultBackendCase[] = [
  {
    name: 'tells what is stored of a task that is waited for',
    needs: ['push'],
    async run(bench) {
      const watched = await bench.watch();
      await watched.watch?.add(['a']);

      await bench.backend.storeResults([record('a', { result: '{"x": 1}' })]);

      expect(await watched.until('a', 'SUCCESS')).toMatchObject({ taskId: 'a', status: 'SUCCESS', result: { x: 1 } });
    },
  },
  {
    name: 'tells what another connection stores, the last state for certain',
    needs: ['push'],
    async run(bench) {
      const watched = await bench.watch();
      const peer = await bench.peer();
      await watched.watch?.add(['a', 'b']);

      await peer.storeResults([record('a', { status: 'STARTED' })]);
      await peer.storeResults([record('a', { status: 'RETRY' }), record('b')]);
      await peer.storeResults([record('a', { status: 'FAILURE' })]);

      await watched.until('a', 'FAILURE');
      await watched.until('b', 'SUCCESS');
    },
  },
  {
    name: 'tells each of many waiters',
    needs: ['push'],
    async run(bench) {
      const watches = [await bench.watch(), await bench.watch(), await bench.watch(await bench.peer())];
      for (const { watch } of watches) await watch?.add(['a']);

      await bench.backend.storeResults([record('a')]);

      for (const watched of watches) await watched.until('a', 'SUCCESS');
    },
  },
  {
    name: 'tells only of what is waited for',
    needs: ['push'],
    async run(bench) {
      const watched = await bench.watch();
      await watched.watch?.add(['a', 'removed']);
      watched.watch?.remove(['removed']);

      await bench.backend.storeResults([record('removed'), record('other'), record('a')]);
      await watched.until('a', 'SUCCESS');

      expect(watched.metas.map((meta) => meta.taskId)).toEqual(['a']);
    },
  },
  {
    name: 'tells of ids that are added later',
    needs: ['push'],
    async run(bench) {
      const watched = await bench.watch();
      await watched.watch?.add(['a']);
      await bench.backend.storeResults([record('a')]);
      await watched.until('a', 'SUCCESS');
      watched.watch?.remove(['a']);

      await watched.watch?.add(['b']);
      await bench.backend.storeResults([record('b')]);

      await watched.until('b', 'SUCCESS');
    },
  },
  {
    name: 'misses none of many that are stored while ids are added',
    needs: ['push'],
    async run(bench) {
      const watched = await bench.watch();
      const peer = await bench.peer();
      const ids = Array.from({ length: 100 }, (_, index) => `n${index}`);

      await Promise.all(
        ids.map(async (id) => {
          await watched.watch?.add([id]);
          await peer.storeResults([record(id)]);
        }),
      );

      for (const id of ids) await watched.until(id, 'SUCCESS');
    },
  },
  {
    name: 'tells nothing after it closed',
    needs: ['push'],
    async run(bench) {
      const [closed, open] = [await bench.watch(), await bench.watch()];
      await closed.watch?.add(['a']);
      await open.watch?.add(['a']);
      await closed.watch?.close();
      await closed.watch?.close();

      await bench.backend.storeResults([record('a')]);
      await open.until('a', 'SUCCESS');

      expect(closed.metas).toEqual([]);
    },
  },
];
