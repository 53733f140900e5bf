import { describe, expect, it } from 'vitest';
import type { ResolvedWorkerOptions } from '../../../lib/options/index.js';
import { Credit } from '../../../lib/worker/credit.js';
import { setupWorker } from './worker-rig.js';

type Rule = Partial<Pick<ResolvedWorkerOptions, 'prefetchMultiplier' | 'optimization'>>;

function credit(rule: Rule, size: number, { settling = 0, ahead = 10 } = {}): Credit {
  const options = { prefetchMultiplier: undefined, optimization: 'default', ...rule } as const;
  return new Credit({ slots: () => 4, lookAhead: { current: () => ahead }, inFlight: { size, settling }, options });
}

describe('a worker may take', () => {
  it('by itself what is about to start, once half of that has', () => {
    expect([0, 4, 9, 10, 14].map((size) => credit({}, size).now(0))).toEqual([14, 10, 5, 0, 0]);
    expect(credit({}, 0).most).toBe(14);
  });

  it('by a multiplier so many for each slot, whatever is about to start', () => {
    const rule = { prefetchMultiplier: 4 };

    expect([0, 4, 10, 15, 16].map((size) => credit(rule, size).now(0))).toEqual([16, 12, 6, 1, 0]);
    expect([credit(rule, 0).most, credit(rule, 0).isFixed]).toEqual([16, true]);
  });

  it('by a multiplier of 1 no more than it has slots, and of 0 any number', () => {
    expect([0, 3, 4].map((size) => credit({ prefetchMultiplier: 1 }, size).now(0))).toEqual([4, 1, 0]);
    expect(credit({ prefetchMultiplier: 0 }, 1_000).now(0)).toBe(Infinity);
    expect(credit({ prefetchMultiplier: 0 }, 0).most).toBe(0);
  });

  it('fairly only what has a free slot', () => {
    const rule = { optimization: 'fair' } as const;

    expect([0, 3, 4].map((size) => credit(rule, size).now(0))).toEqual([4, 1, 0]);
    expect(credit(rule, 0).isFixed).toBe(false);
  });

  it('nothing while too much is unsettled', () => {
    expect(credit({}, 65, { settling: 65 }).now(0)).toBe(0);
  });
});

describe('a worker with a prefetch multiplier', () => {
  it('holds so many for each slot, however long they wait', async () => {
    const { worker, clock, pool, publish, settled, stats, broker, backend } = await setupWorker({
      slots: 2,
      options: { prefetchMultiplier: 3 },
    });
    await worker.start();
    for (let i = 0; i < 10; i++) await publish();
    await settled();
    for (const job of pool.given.slice(0, 2)) job.begin();

    await clock.advance('10s');

    expect([pool.given.length, await stats()]).toMatchObject([6, { held: 6, waiting: 4 }]);
    const stopped = worker.stop('cold');
    await clock.advance('1m');
    await stopped;
    await broker.close();
    await backend.close();
  });

  it.each([-1, 1.5, NaN])('cannot have one of %d', async (prefetchMultiplier) => {
    await expect(setupWorker({ options: { prefetchMultiplier } })).rejects.toThrow('"worker.prefetchMultiplier"');
  });
});
