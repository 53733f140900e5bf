import { describe, expect, it, onTestFinished } from 'vitest';
import { StallTasks } from '../fixtures/apps/stall-guard/stall-guard.module.js';
import { covers } from '../tools/matrix.js';
import { eventually } from './outcomes/eventually.js';
import { openProcessRig, type StartedWorker } from './outcomes/process-rig.js';

const LONG_MS = 120_000;

async function setup() {
  const rig = await openProcessRig([StallTasks]);
  onTestFinished(() => rig.close());
  return {
    ...rig,
    tasks: rig.client.for(StallTasks),
    startWorker: async (pool: 'async' | 'solo', env: Readonly<Record<string, string>> = {}): Promise<StartedWorker> => {
      const worker = rig.start('stall-guard/worker', { env: { TASK_QUEUE_POOL: pool, ...env } });
      await worker.ready();
      return worker;
    },
    startsOf: async (id: string) => {
      await eventually('it runs', () => rig.runsOf(id) === 1);
    },
  };
}

describe('a body that blocks the event loop', () => {
  it.each(['async', 'solo'] as const)(
    'beyond its hard limit fails on the pool %s, and takes nothing along',
    async (pool) => {
      const { tasks, client, startWorker, startsOf, runsOf } = await setup();
      covers(pool, 'hard limit');
      const first = await startWorker(pool);
      const waiting = pool === 'async' ? await tasks.waits.delay() : undefined;
      if (waiting !== undefined) await startsOf(waiting.id);

      const blocking = await tasks.blocks.applyAsync([LONG_MS], { timeLimit: '1s' });
      const end = await first.ended;
      await startWorker(pool);

      expect(end).toEqual({ code: null, signal: 'SIGKILL' });
      expect(first.stderr()).toContain(
        `task blocks[${blocking.id}] blocked the event loop beyond its time limit of 1000 ms`,
      );
      await expect(blocking.get({ timeout: '5s' })).rejects.toMatchObject({ code: 'TQ_TIME_LIMIT_EXCEEDED' });
      expect(await waiting?.get({ timeout: '20s' })).toBe(waiting && 'done');
      expect(runsOf(blocking.id)).toBe(1);
      expect(await client.deadLetters.count('celery')).toBe(0);
    },
  );

  it.each(['async', 'solo'] as const)('is told of on %s while it does, with the name of the task', async (pool) => {
    covers(pool, 'hang');
    const { tasks, startWorker } = await setup();
    const worker = await startWorker(pool, { STALL_WARNING: '1000' });

    const blocking = await tasks.blocks.delay(3_000);
    const value = await blocking.get({ timeout: '20s' });

    expect(value).toBe('came to its end');
    expect(worker.stderr()).toContain('the event loop of this worker has been blocked for');
    expect(worker.stderr()).toContain(`started last: blocks[${blocking.id}]`);
  });

  it('beyond the stall timeout is run by another worker, and what it does then does not count', async () => {
    const { tasks, startWorker, startsOf, runsOf } = await setup();
    const first = await startWorker('async', { STALL_TIMEOUT: '2000' });
    const blocking = await tasks.blocks.delay(LONG_MS);
    await startsOf(blocking.id);
    await startWorker('async');

    const value = await blocking.get({ timeout: '20s' });

    expect(value).toBe('run again');
    expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(first.stderr()).toContain('longer than "worker.stallTimeout"');
    expect(runsOf(blocking.id)).toBe(2);
  });

  it('runs once, however often other workers look for the dead meanwhile', async () => {
    const { tasks, startWorker, startsOf, runsOf } = await setup();
    await startWorker('async');
    const blocking = await tasks.blocks.delay(6_000);
    await startsOf(blocking.id);
    await startWorker('async');

    const value = await blocking.get({ timeout: '30s' });

    expect(value).toBe('came to its end');
    expect(runsOf(blocking.id)).toBe(1);
  });
});
