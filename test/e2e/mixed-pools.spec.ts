import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Place } from '../fixtures/apps/pools/pools.tasks.js';
import { PoolsTasks } from '../fixtures/apps/pools/pools.tasks.js';
import { fixtureApp } from '../tools/programs.js';
import { eventually } from './outcomes/eventually.js';
import { openProcessRig, type ProcessRig, type StartedWorker } from './outcomes/process-rig.js';

const soon = { timeout: '60s' } as const;

describe('a worker with the pools async, threads and prefork', () => {
  let rig: ProcessRig;
  let worker: StartedWorker;
  beforeAll(async () => {
    rig = await openProcessRig([PoolsTasks]);
    const pools = ['--pools', 'async=20,threads=1', '--set', 'worker.pools.prefork=1'];
    worker = rig.command(['worker', '-A', fixtureApp('pools/worker'), '--time-limit', '30s', ...pools]);
    await worker.ready();
  });
  afterAll(() => rig.close());

  const tasks = () => rig.client.for(PoolsTasks);

  it('runs each task in the pool that it asks for, and in the first one what asks for none', async () => {
    const sent = [tasks().wait.delay(1), tasks().anywhere.delay(), tasks().compute.delay(1), tasks().crunch.delay(1)];

    const places = await Promise.all(sent.map(async (one) => (await one).get(soon)));
    const [wait, anywhere, compute, crunch] = places as [Place, Place, Place, Place];

    expect([wait, anywhere]).toEqual([
      { pid: worker.pid, thread: 0 },
      { pid: worker.pid, thread: 0 },
    ]);
    expect(compute).toEqual({ pid: worker.pid, thread: expect.any(Number) });
    expect(compute.thread).toBeGreaterThan(0);
    expect(crunch.thread).toBe(0);
    expect(crunch.pid).not.toBe(worker.pid);
    expect(worker.stdout()).toContain('is ready: pools async 20, threads 1, prefork 1, 22 slots');
  });

  it('begins async tasks that come behind many which wait for a full pool, and runs those, too', async () => {
    const before = rig.rawEvents().length;
    const starts = () => rig.rawEvents().slice(before);
    await rig.client.sendMany(Array.from({ length: 200 }, (_, n) => tasks().compute.s(n === 0 ? 300 : 2)));

    const last = await tasks().wait.delay(1);
    await last.get(soon);

    expect(starts().length).toBeLessThan(100);
    await rig.quiet();
    expect(new Set(starts().map(({ id }) => id)).size).toBe(201);
    expect(starts()).toHaveLength(201);
  });

  it('loses a process, a thread at its limit or one that is terminated, and goes on with what runs elsewhere', async () => {
    const waiting = await tasks().wait.delay(1_500);
    const crash = await tasks().crash.delay();
    const slow = await tasks().compute.applyAsync([60_000], { timeLimit: 200 });
    await eventually('it has crashed once', () => rig.runsOf(crash.id) === 2);

    expect(await slow.get({ propagate: false, ...soon })).toMatchObject({ name: 'TimeLimitExceeded' });
    const endless = await tasks().compute.delay(60_000);
    await eventually('it runs', () => rig.runsOf(endless.id) === 1);
    await endless.revoke({ terminate: true });

    expect(await endless.get({ propagate: false, ...soon })).toMatchObject({ reason: 'terminated' });
    expect(await crash.get(soon)).toMatchObject({ thread: 0 });
    expect(await waiting.get(soon)).toEqual({ pid: worker.pid, thread: 0 });
    expect(rig.runsOf(waiting.id)).toBe(1);
  });

  it('grows the pool that is named, and tells of each', async () => {
    const grow = rig.command(['control', 'pool_grow', '2', 'threads', '-b', rig.url]);
    expect(await grow.ended).toMatchObject({ code: 0 });
    const stats = rig.command(['inspect', 'stats', '-b', rig.url, '--json']);
    expect(await stats.ended).toMatchObject({ code: 0 });

    const [{ pool }] = Object.values(JSON.parse(stats.stdout()) as object) as [{ pool: object }];
    expect(pool).toMatchObject({
      implementation: 'nest-task-queue.pools:mixed',
      'max-concurrency': 24,
      pools: {
        async: { 'max-concurrency': 20, processes: [worker.pid] },
        threads: { 'max-concurrency': 3, processes: [worker.pid] },
        prefork: { 'max-concurrency': 1, processes: [expect.not.toBeOneOf([worker.pid])] },
      },
    });
  });

  it('finishes what runs in all of them when it is told to stop', async () => {
    const sent = await Promise.all([tasks().wait.delay(500), tasks().compute.delay(500), tasks().crunch.delay(500)]);
    await eventually('they run', () => sent.every(({ id }) => rig.runsOf(id) === 1));

    worker.signal('SIGTERM');

    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(await Promise.all(sent.map((result) => result.state()))).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
  });

  it('does not start where a task of its queue asks for a pool that it lacks', async () => {
    const env = { RUN_OPTIONS: JSON.stringify({ pools: { async: 5, prefork: 1 } }) };
    const lacking = rig.start('pools/worker', { env });

    expect(await lacking.ended).toMatchObject({ code: 1 });
    expect(lacking.stdout() + lacking.stderr()).toContain(
      'Task "pools.compute" asks for the pool "threads", and this worker takes from its queue "celery" but has only "async", "prefork". ' +
        'Start the worker with pools: { async: 5, prefork: 1, threads: 2 } (--pools async=5,prefork=1,threads=2)',
    );
  });
});
