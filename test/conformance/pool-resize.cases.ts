import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

import { gated, range, soon, started, type PoolBench, type PoolCase } from './pool.bench.js';

/** Pools that grow and shrink while they run. */
export const resizeCases: readonly PoolCase[] = [
  {
    name: 'runs more at once as soon as it has grown, and counts them in its limit',
    needs: ['several'],
    run: async (bench) => {
      const pool = await started(bench, 1);
      const jobs = range(3).map((i) => gated(bench, pool, `gate ${i}`));
      await soon(bench, jobs[0]!.started);
      expect(jobs[1]!.isRunning()).toBe(false);

      pool.grow(2);

      expect([pool.limit, pool.size]).toEqual([3, 3]);
      await soon(bench, Promise.all(jobs.map((job) => job.started)));
      for (const job of jobs) job.open();
      await soon(bench, Promise.all(jobs.map((job) => job.outcome)));
    },
  },
  {
    name: 'tells that its limit has changed',
    needs: ['several'],
    run: async (bench) => {
      const pool = await started(bench, 1);
      const told: number[] = [];
      pool.onResize(() => told.push(pool.limit));

      pool.grow(2);
      pool.shrink(1);

      expect(told).toEqual([3, 2]);
    },
  },
  {
    name: 'lets what runs end when it shrinks, then runs fewer at once',
    needs: ['several'],
    run: async (bench) => {
      const pool = await started(bench, 2);
      const before = range(2).map((i) => gated(bench, pool, `before ${i}`));
      await soon(bench, Promise.all(before.map((job) => job.started)));

      pool.shrink(1);
      const after = range(3).map((i) => gated(bench, pool, `after ${i}`));

      expect([pool.limit, pool.size]).toEqual([1, 1]);
      for (const job of before) {
        job.open();
        expect(await soon(bench, job.outcome)).toMatchObject({ as: 'done' });
      }
      for (const [i, job] of after.entries()) {
        await soon(bench, job.started);
        expect(after.filter((other) => other.isRunning())).toHaveLength(1);
        job.open();
        expect(await soon(bench, job.outcome), `the ${i}th`).toMatchObject({ as: 'done' });
      }
    },
  },
  {
    name: 'runs each of many jobs once while it shrinks and grows',
    needs: ['several'],
    run: async (bench) => {
      const pool = await started(bench, 3);
      const file = path.join(bench.folder, 'ran');
      const changes = [() => pool.shrink(2), () => pool.grow(1), () => pool.shrink(1), () => pool.grow(2)];
      let ended = 0;

      const outcomes = await soon(
        bench,
        Promise.all(
          range(1_000).map(async (i) => {
            const outcome = await pool.run({ do: 'mark', file, line: String(i) });
            if (++ended % 200 === 0) changes.shift()?.();
            return outcome.as;
          }),
        ),
      );

      expect(new Set(outcomes)).toEqual(new Set(['done']));
      const ran = readFileSync(file, 'utf8').trim().split('\n').map(Number);
      expect(ran.sort((one, other) => one - other)).toEqual(range(1_000));
      expect([changes.length, pool.limit]).toEqual([0, 3]);
    },
  },
  {
    name: 'refuses to shrink to nothing, or by what is no number of slots, and stays as it is',
    needs: ['several'],
    run: async (bench) => {
      const pool = await started(bench, 2);

      expect(() => pool.shrink(2)).toThrowError(resizeError(/cannot shrink by 2: its size is 2, .* by 1 at most/));
      expect(() => pool.shrink(0)).toThrowError(resizeError(/cannot shrink by 0: expected a whole number/));
      expect(() => pool.grow(-1)).toThrowError(resizeError(/cannot grow by -1/));
      expect(() => pool.grow(1.5)).toThrowError(resizeError(/cannot grow by 1.5/));

      expect(pool.limit).toBe(2);
    },
  },
  {
    name: 'is resized neither before it has started nor while it stops',
    needs: ['several'],
    run: async (bench) => {
      const pool = bench.open(2);
      expect(() => pool.grow(1)).toThrowError(resizeError(/has not started/));
      await soon(bench, pool.start());
      const stopped = pool.stop('drain');

      expect(() => pool.shrink(1)).toThrowError(resizeError(/is stopping/));

      await soon(bench, stopped);
    },
  },
  {
    name: 'cannot be resized where it runs one at a time for good',
    needs: ['fixed'],
    run: async (bench: PoolBench) => {
      const pool = await started(bench, 1);

      expect(() => pool.grow(1)).toThrowError(resizeError(/runs one task at a time\. Use "async"/));
      expect(() => pool.shrink(1)).toThrowError(resizeError(/runs one task at a time/));

      expect([pool.limit, pool.size]).toEqual([1, 1]);
    },
  },
];

function resizeError(message: RegExp): unknown {
  return expect.objectContaining({
    code: 'TQ_POOL_RESIZE',
    message: expect.stringMatching(message) as string,
  });
}
