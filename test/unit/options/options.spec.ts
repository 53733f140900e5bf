import { describe, expect, it } from 'vitest';
import {
  resolveBeatOptions,
  resolveChildConcurrency,
  resolvePool,
  resolveResultsOptions,
  resolveSerializationOptions,
  resolveTasksOptions,
  resolveWorkerOptions,
  warnOfConcurrency,
  type TasksOptions,
  type WorkerOptions,
  type WorkerSurroundings,
} from '../../../lib/options/index.js';
import { coversRefusal } from '../../tools/matrix.js';

const around: WorkerSurroundings = { pool: 'prefork', cores: 4, host: 'box', pid: 7, defaultQueue: 'celery' };

describe('resolveTasksOptions', () => {
  it("has Celery's defaults but for the late acknowledgement", () => {
    expect(resolveTasksOptions()).toEqual({
      defaultQueue: 'celery',
      defaultPriority: undefined,
      timeLimitMs: undefined,
      softTimeLimitMs: undefined,
      maxRetries: 3,
      defaultRetryDelayMs: 180_000,
      acksLate: true,
      acksOnFailure: true,
      acksOnTimeout: true,
      ignoreResult: false,
      storeErrorsEvenIfIgnored: false,
      trackStarted: false,
      sendSentEvent: false,
      globalEnhancers: true,
    });
  });

  it('takes durations with a unit, and null for endless retries', () => {
    const resolved = resolveTasksOptions({ timeLimit: '30s', softTimeLimit: 20_000, maxRetries: null });

    expect(resolved).toMatchObject({ timeLimitMs: 30_000, softTimeLimitMs: 20_000, maxRetries: null });
  });

  it.each<[string, TasksOptions, string]>([
    [
      'a priority past 9',
      { defaultPriority: 10 },
      'Expected option "tasks.defaultPriority" to be an integer from 0 to 9, got 10 (number).',
    ],
    [
      'a negative retry count',
      { maxRetries: -1 },
      'Expected option "tasks.maxRetries" to be an integer of at least 0, got -1 (number).',
    ],
    [
      'a soft limit that comes last',
      { timeLimit: '5s', softTimeLimit: '5s' },
      'Expected option "tasks.softTimeLimit" to be less than "timeLimit" (5000 ms), got 5000 (number).',
    ],
    [
      'a limit of nothing',
      { timeLimit: 0 },
      'Expected option "tasks.timeLimit" to be longer than 0; leave it out for none, got 0 (number).',
    ],
    [
      'an empty queue name',
      { defaultQueue: '' },
      'Expected option "tasks.defaultQueue" to be a text that is not empty and has no control characters, got "" (string).',
    ],
    [
      'a text for a switch',
      { acksLate: 'yes' as never },
      'Expected option "tasks.acksLate" to be true or false, got "yes" (string).',
    ],
    [
      'a misspelt name',
      { defaultQeue: 'x' } as never,
      'Unknown option "tasks.defaultQeue"; did you mean "defaultQueue"?',
    ],
  ])('refuses %s', (_, given, message) => {
    expect(() => resolveTasksOptions(given)).toThrow(message);
  });
});

describe('resolveWorkerOptions', () => {
  it('leaves out queues that others take from', () => {
    const { queues } = resolveWorkerOptions({ queues: ['a', 'b', 'c'], excludeQueues: ['b'] }, around);

    expect(queues).toEqual(['a', 'c']);
  });

  it('runs as many processes as there are cores', () => {
    expect(resolveWorkerOptions({}, around)).toEqual({
      concurrency: 4,
      poolRestarts: false,
      queues: ['celery'],
      queueOrder: 'round_robin',
      name: 'worker@box',
      maxDeliveries: 3,
      unknownTask: 'dead-letter',
      disableRateLimits: false,
      timeLimitMs: undefined,
      softTimeLimitMs: undefined,
      prefetchMultiplier: undefined,
      optimization: 'default',
      softShutdownTimeoutMs: undefined,
      resultStoreTimeoutMs: 60_000,
      stallWarningMs: 30_000,
      progressTimeoutMs: 15_000,
      stallTimeoutMs: undefined,
      sendTaskEvents: false,
      heartbeatMs: 2_000,
      withoutMingle: false,
      withoutGossip: false,
    });
  });

  it.each([
    ['async', 100],
    ['threads', 4],
    ['solo', 1],
  ] as const)('gives the pool %s %i slots by default', (pool, slots) => {
    expect(resolveWorkerOptions({}, { ...around, pool }).concurrency).toBe(slots);
  });

  it('tells monitors what it is asked to', () => {
    expect(resolveWorkerOptions({ sendTaskEvents: true, heartbeatInterval: '10s' }, around)).toMatchObject({
      sendTaskEvents: true,
      heartbeatMs: 10_000,
    });
    expect(resolveWorkerOptions({ withoutHeartbeat: true }, around).heartbeatMs).toBeUndefined();
  });

  it('fills host and process id into the node name', () => {
    expect(resolveWorkerOptions({ name: 'mail-%p' }, around).name).toBe('mail-7@box');
  });

  it('takes the memory of a child in bytes or with a unit', () => {
    const given = { maxTasksPerChild: 20, maxMemoryPerChild: '200MiB' };

    const resolved = resolveWorkerOptions(given, { ...around, pool: 'threads' });

    expect(resolved).toMatchObject({ maxTasksPerChild: 20, maxMemoryPerChildBytes: 209_715_200 });
  });

  it('begins an autoscaled pool with its least, or with the concurrency given', () => {
    const autoscale = { min: 2, max: 8 };

    expect(resolveWorkerOptions({ autoscale }, around)).toMatchObject({
      concurrency: 2,
      autoscale: { min: 2, max: 8, keepaliveMs: 30_000 },
    });
    expect(resolveWorkerOptions({ autoscale, concurrency: 3 }, around).concurrency).toBe(3);
  });

  it('names a queue once', () => {
    expect(resolveWorkerOptions({ queues: ['a', 'b', 'a'] }, around).queues).toEqual(['a', 'b']);
  });

  it.each<[string, WorkerOptions, Partial<WorkerSurroundings>, string]>([
    [
      'no slot',
      { concurrency: 0 },
      {},
      'Expected option "worker.concurrency" to be an integer of at least 1, got 0 (number).',
    ],
    [
      'two slots of solo',
      { concurrency: 2 },
      { pool: 'solo' },
      'to be 1 for the pool "solo", which runs one task at a time, got 2',
    ],
    [
      'autoscaling upside down',
      { autoscale: { min: 4, max: 1 } },
      {},
      'Expected option "worker.autoscale.min" to be at most "max" (1), got 4 (number).',
    ],
    [
      'autoscaling to nothing',
      { autoscale: { min: 0, max: 1 } },
      {},
      '"worker.autoscale.min" to be an integer of at least 1',
    ],
    [
      'autoscaling without a bound',
      { autoscale: { min: 1 } as never },
      {},
      'Expected option "worker.autoscale.max" to be given',
    ],
    [
      'a misspelt bound',
      { autoscale: { mim: 1, max: 2 } as never },
      {},
      'Unknown option "worker.autoscale.mim"; did you mean "min"?',
    ],
    ['autoscaling solo', { autoscale: { min: 1, max: 2 } }, { pool: 'solo' }, 'to be left out for the pool "solo"'],
    [
      'a concurrency that autoscaling would not allow',
      { concurrency: 8, autoscale: { min: 1, max: 4 } },
      {},
      'Expected option "worker.concurrency" to be from 1 to 4, as "worker.autoscale" says, or left out to begin with 1, got 8',
    ],
    [
      'a child of no task',
      { maxTasksPerChild: 0 },
      {},
      'Expected option "worker.maxTasksPerChild" to be an integer of at least 1',
    ],
    ['memory without a unit', { maxMemoryPerChild: '200' }, {}, 'did you mean "200MiB"'],
    ['no queue', { queues: [] }, {}, 'to be a list of at least one queue name, got Array (object).'],
    [
      'an unknown policy',
      { unknownTask: 'drop' as never },
      {},
      'to be one of "dead-letter", "reject", "ack", got "drop" (string).',
    ],
    [
      'a misspelt name',
      { concurency: 2 } as never,
      {},
      'Unknown option "worker.concurency"; did you mean "concurrency"?',
    ],
  ])('refuses %s', (_, given, other, message) => {
    expect(() => resolveWorkerOptions(given, { ...around, ...other })).toThrow(message);
  });
});

describe.each(['async', 'solo'] as const)('recycling on the pool %s, which has no children,', (pool) => {
  it.each([
    ['recycle', { maxTasksPerChild: 5 }],
    ['memory ceiling', { maxMemoryPerChild: '1GiB' }],
    ['recycle', { poolRestarts: true }],
  ] as const)('is refused: %s', (fault, given) => {
    coversRefusal(pool, fault);

    expect(() => resolveWorkerOptions(given, { ...around, pool })).toThrow(`to be left out for the pool "${pool}"`);
  });
});

describe('resolveChildConcurrency', () => {
  it('is one body a process', () => {
    expect(resolveChildConcurrency(undefined, { pool: 'prefork' })).toBe(1);
    expect(resolveChildConcurrency(50, { pool: 'threads' })).toBe(50);
  });

  it('is refused for a pool without children', () => {
    expect(() => resolveChildConcurrency(2, { pool: 'async' })).toThrow(
      'to be left out for the pool "async", which has no children; use "concurrency", got 2',
    );
  });
});

describe('resolvePool', () => {
  it.each([
    [undefined, 'prefork'],
    ['processes', 'prefork'],
    ['gevent', 'async'],
    ['eventlet', 'async'],
    ['threads', 'threads'],
  ] as const)('reads %s as %s', (given, pool) => {
    expect(resolvePool(given)).toBe(pool);
  });

  it('refuses another name with the nearest', () => {
    expect(() => resolvePool('prefrok')).toThrow('(did you mean "prefork"?)');
  });
});

describe('warnOfConcurrency', () => {
  it('warns of an autoscaled pool that may pass the cores', () => {
    const options = resolveWorkerOptions({ autoscale: { min: 1, max: 9 } }, around);

    expect(warnOfConcurrency(options, around)).toContain('Autoscaling to 9 of the prefork pool is above the 4 cores');
    expect(warnOfConcurrency(options, { ...around, pool: 'async' })).toBeUndefined();
  });

  it('speaks where processes outnumber the cores', () => {
    expect(warnOfConcurrency(resolveWorkerOptions({ concurrency: 9 }, around), around)).toContain('above the 4 cores');
  });

  it('is silent at the cores and for async', () => {
    const loop = { ...around, pool: 'async' as const };

    expect(warnOfConcurrency(resolveWorkerOptions({}, around), around)).toBeUndefined();
    expect(warnOfConcurrency(resolveWorkerOptions({}, loop), loop)).toBeUndefined();
  });
});

describe('the small groups', () => {
  it('keep results for a day, JSON only, and send what is due', () => {
    expect(resolveResultsOptions()).toEqual({ expiresMs: 86_400_000, extended: false, chordDeadlineMs: 77_760_000 });
    expect(resolveSerializationOptions()).toEqual({ accept: ['json'], maxMessageBytes: 64 * 1024 * 1024 });
    expect(resolveBeatOptions()).toEqual({ enabled: true });
  });

  it('refuse what they do not know', () => {
    expect(() => resolveResultsOptions({ expire: 1 } as never)).toThrow(
      'Unknown option "results.expire"; did you mean "expires"?',
    );
    expect(() => resolveBeatOptions({ enabled: 1 as never })).toThrow('"beat.enabled" to be true or false');
    expect(() => resolveSerializationOptions({ accept: [] })).toThrow('"serialization.accept" to be a list');
    for (const maxMessageBytes of [0, 1_023, 1.5, 2 ** 27 + 1]) {
      expect(() => resolveSerializationOptions({ maxMessageBytes })).toThrow(
        '"serialization.maxMessageBytes" to be an integer from 1024 to 134217728',
      );
    }
  });
});
