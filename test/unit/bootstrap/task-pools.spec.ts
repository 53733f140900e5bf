import { describe, expect, it } from 'vitest';
import { checkTaskPools } from '../../../lib/bootstrap/task-pools.js';
import { MissingPoolError } from '../../../lib/errors/index.js';
import {
  resolvePools,
  resolveTasksOptions,
  type MixablePool,
  type PoolSurroundings,
} from '../../../lib/options/index.js';
import { traits } from '../worker/worker-rig.js';

function check(around: PoolSurroundings, task: { pool?: MixablePool; queue?: string }, queues = ['celery']): void {
  const tasks = [traits({ name: 'video.encode', ...task })];
  checkTaskPools({ tasks, options: { tasks: resolveTasksOptions() } }, { queues, concurrency: 2 }, around);
}

describe('a task that asks for a pool', () => {
  it('keeps a worker of its queue that lacks that pool from starting', () => {
    const several = { pool: 'async', pools: resolvePools({ async: 50, prefork: 2 }) } as const;

    expect(() => check(several, { pool: 'threads' })).toThrow(
      'Task "video.encode" asks for the pool "threads", and this worker takes from its queue "celery" but has only "async", "prefork". ' +
        'Start the worker with pools: { async: 50, prefork: 2, threads: 2 } (--pools async=50,prefork=2,threads=2), ' +
        'or give the task a queue from which only workers with that pool take.',
    );
    expect(() => check({ pool: 'prefork' }, { pool: 'threads' })).toThrow(MissingPoolError);
    expect(() => check({ pool: 'solo' }, { pool: 'threads', queue: 'cpu' }, ['cpu'])).toThrow(
      'with pools: { threads: 2 }',
    );
  });

  it('leaves workers alone that have it, or take from other queues', () => {
    check({ pool: 'threads' }, { pool: 'threads' });
    check({ pool: 'async' }, { pool: 'threads', queue: 'cpu' });
    check({ pool: 'async' }, {});
  });
});
