import { describe, expect, it } from 'vitest';
import { resolveRunOptions, workerOptionsOf } from '../../../lib/bootstrap/run-options.js';

describe('resolveRunOptions', () => {
  it('takes from the environment what the code does not say', () => {
    const run = resolveRunOptions(
      { pool: 'threads', queues: ['mail'] },
      {
        TASK_QUEUE_POOL: 'solo',
        TASK_QUEUE_CHILD_CONCURRENCY: '5',
        TASK_QUEUE_INSTANCE: 'billing',
        TASK_QUEUE_QUEUES: 'a,b',
        TASK_QUEUE_AUTOSCALE: '10,3',
        TASK_QUEUE_AUTOSCALE_KEEPALIVE: '5s',
        TASK_QUEUE_MAX_TASKS_PER_CHILD: '100',
        TASK_QUEUE_STALL_TIMEOUT: '',
      },
    );

    expect(run).toMatchObject({ pool: 'threads', childConcurrency: 5, instance: 'billing' });
    expect(workerOptionsOf({}, run)).toEqual({
      queues: ['mail'],
      autoscale: { max: 10, min: 3, keepalive: '5s' },
      maxTasksPerChild: 100,
    });
  });

  it('puts the worker file over the module, and the module over the environment', () => {
    const run = resolveRunOptions(
      { name: 'file' },
      { TASK_QUEUE_NAME: 'env', TASK_QUEUE_CONCURRENCY: '7', TASK_QUEUE_MAX_DELIVERIES: '9' },
    );

    expect(workerOptionsOf({ name: 'module', concurrency: 2 }, run)).toEqual({
      name: 'file',
      concurrency: 2,
      maxDeliveries: 9,
    });
  });

  it.each<[string, string, string]>([
    ['TASK_QUEUE_CONCURRENCY', '0', 'Expected option "TASK_QUEUE_CONCURRENCY" to be an integer of at least 1, got "0"'],
    ['TASK_QUEUE_CONCURRENCY', 'many', 'Expected option "TASK_QUEUE_CONCURRENCY" to be a whole number, got "many"'],
    [
      'TASK_QUEUE_AUTOSCALE',
      '1,3',
      'Expected option "TASK_QUEUE_AUTOSCALE" to be such that "min" is at most "max" (1)',
    ],
    ['TASK_QUEUE_STALL_TIMEOUT', 'soon', 'Expected option "TASK_QUEUE_STALL_TIMEOUT" to be'],
  ])('names the variable that cannot be used: %s=%s', (name, text, message) => {
    expect(() => resolveRunOptions({}, { [name]: text })).toThrowError(message);
  });

  it('takes several pools as an object or as text, the first for tasks that ask for none', () => {
    const shares = [
      { name: 'threads', size: 2 },
      { name: 'async', size: 50 },
    ];

    expect(resolveRunOptions({ pools: { threads: 2, async: 50 } }, {})).toMatchObject({
      pool: 'threads',
      pools: shares,
    });
    expect(resolveRunOptions({}, { TASK_QUEUE_POOLS: 'threads=2, eventlet=50' })).toMatchObject({ pools: shares });
    expect(
      resolveRunOptions({}, { TASK_QUEUE_POOLS: 'threads=9,async=50', TASK_QUEUE_POOLS_THREADS: '2' }),
    ).toMatchObject({
      pools: shares,
    });
  });

  it('lets the pool of the code stand for the pools of the environment, and the other way round', () => {
    expect(resolveRunOptions({ pool: 'solo' }, { TASK_QUEUE_POOLS: 'async=5' }).pools).toBeUndefined();
    expect(resolveRunOptions({ pools: { async: 5 } }, { TASK_QUEUE_POOL: 'solo' })).toMatchObject({ pool: 'async' });
  });

  it.each<[string, Parameters<typeof resolveRunOptions>[0], NodeJS.ProcessEnv, string]>([
    ['both', { pool: 'async', pools: { async: 1 } }, {}, 'Expected option "worker.pools" to be left out beside "pool"'],
    [
      'a text that names a pool twice',
      {},
      { TASK_QUEUE_POOLS: 'async=1,async=2' },
      'Expected option "TASK_QUEUE_POOLS" to be pools with their sizes, each once, such as "async=100,threads=2"',
    ],
    [
      'a size that is none',
      {},
      { TASK_QUEUE_POOLS: 'async=0' },
      'Expected option "TASK_QUEUE_POOLS" to be such that "async" is an integer of at least 1, got "async=0"',
    ],
    [
      'a concurrency beside them',
      { pools: { async: 1 } },
      { TASK_QUEUE_CONCURRENCY: '4' },
      'Expected option "TASK_QUEUE_CONCURRENCY" to be left out beside "pools", which says the size of each, got "4"',
    ],
  ])('refuses %s', (_, given, env, message) => {
    expect(() => resolveRunOptions(given, env)).toThrowError(message);
  });
});
