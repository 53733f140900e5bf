import { describe, expect, it } from 'vitest';
import {
  resolveChildConcurrency,
  resolvePools,
  resolveWorkerOptions,
  warnOfConcurrency,
  type PoolSizes,
  type WorkerOptions,
  type WorkerSurroundings,
} from '../../../lib/options/index.js';

const pools = resolvePools({ async: 100, threads: 2 });
const around: WorkerSurroundings = {
  pool: 'async',
  pools,
  cores: 2,
  host: 'box',
  pid: 7,
  defaultQueue: 'celery',
};

describe('resolvePools', () => {
  it('keeps the order, and takes the names that Celery has', () => {
    expect(resolvePools({ processes: 2, gevent: 50 })).toEqual([
      { name: 'prefork', size: 2 },
      { name: 'async', size: 50 },
    ]);
  });

  it.each<[string, PoolSizes, string]>([
    ['none', {}, 'Expected option "worker.pools" to be pools with their sizes, such as { async: 100, threads: 2 }'],
    ['no size', { threads: 0 }, 'Expected option "worker.pools.threads" to be an integer of at least 1, got 0'],
    [
      'a pool twice',
      { async: 1, gevent: 2 },
      'Expected option "worker.pools.gevent" to be left out beside another name',
    ],
    [
      'solo',
      { solo: 1 } as PoolSizes,
      'Expected option "worker.pools.solo" to be left out: it runs one task at a time',
    ],
    ['a strange one', { thread: 2 } as PoolSizes, 'Unknown option "worker.pools.thread"; did you mean "threads"?'],
  ])('refuses %s', (_, given, message) => {
    expect(() => resolvePools(given)).toThrow(message);
  });
});

describe('options of a worker with several pools', () => {
  it('count the slots of all', () => {
    expect(resolveWorkerOptions({ maxTasksPerChild: 5 }, around)).toMatchObject({
      concurrency: 102,
      maxTasksPerChild: 5,
    });
  });

  it.each<[WorkerOptions, string]>([
    [
      { concurrency: 2 },
      'Expected option "worker.concurrency" to be left out beside "pools", which says the size of each',
    ],
    [{ autoscale: { min: 1, max: 2 } }, 'Expected option "worker.autoscale" to be left out beside "pools"'],
  ])('refuse %o', (given, message) => {
    expect(() => resolveWorkerOptions(given, around)).toThrow(message);
  });

  it('refuse to recycle where no pool has children, and several bodies a child', () => {
    const inline = { ...around, pools: resolvePools({ async: 5 }) };

    expect(() => resolveWorkerOptions({ maxTasksPerChild: 5 }, inline)).toThrow('left out for the pool "async"');
    expect(() => resolveChildConcurrency(5, around)).toThrow('left out beside "pools"');
  });

  it('warn where those that compute are more than there are cores for', () => {
    const warnOf = (sizes: PoolSizes): string | undefined => {
      const several = { ...around, pools: resolvePools(sizes) };
      return warnOfConcurrency(resolveWorkerOptions({}, several), several);
    };

    expect(warnOf({ async: 100, threads: 2 })).toBeUndefined();
    expect(warnOf({ threads: 2, prefork: 1 })).toContain(
      'Concurrency 3 of the threads and prefork pools is above the 2',
    );
  });
});
