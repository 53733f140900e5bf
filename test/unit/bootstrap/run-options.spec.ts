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
});
