import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PoolName } from 'nest-task-queue';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Connection, ShutdownTasks } from '../fixtures/apps/shutdown/shutdown.module.js';
import { covers } from '../tools/matrix.js';
import { childrenOf, isAlive } from '../tools/proc.js';
import { eventually } from './outcomes/eventually.js';
import { openProcessRig, type StartedWorker } from './outcomes/process-rig.js';

const soon = { timeout: '30s' } as const;
const pools = ['prefork', 'threads', 'async', 'solo'] as const;

async function setup() {
  const rig = await openProcessRig([Connection, ShutdownTasks]);
  onTestFinished(() => rig.close());
  const gates = path.join(rig.folder, 'gates');
  mkdirSync(gates);
  process.env['GATES'] = gates; // for workers in this process
  const launch = (pool: PoolName, env: Readonly<Record<string, string>> = {}): StartedWorker => {
    const own = { TASK_QUEUE_POOL: pool, TASK_QUEUE_CONCURRENCY: '1', GATES: gates };
    return rig.start('shutdown/worker', { env: { ...own, ...env } });
  };
  return {
    ...rig,
    tasks: rig.client.for(ShutdownTasks),
    open: (gate: string) => writeFileSync(path.join(gates, gate), ''),
    launch,
    startWorker: async (pool: PoolName, env?: Readonly<Record<string, string>>): Promise<StartedWorker> => {
      const worker = launch(pool, env);
      await worker.ready();
      return worker;
    },
    startsOf: async (id: string, count = 1) => {
      await eventually('it runs', () => rig.runsOf(id) === count);
    },
    stats: () => rig.client.queues.stats('celery'),
    says: async (worker: StartedWorker, text: string) => {
      await eventually(`the worker says "${text}"`, () => worker.stdout().includes(text));
    },
  };
}

describe.each(pools)('the first SIGTERM on the pool %s', (pool) => {
  it('lets what runs finish, gives the rest back, and then closes the application', async () => {
    covers(pool, 'warm stop');
    const { tasks, client, open, startWorker, startHere, startsOf, stats, says, events } = await setup();
    const worker = await startWorker(pool);

    const running = await tasks.gated.delay('first');
    await startsOf(running.id);
    const waiting = await tasks.gated.delay('second');
    worker.signal('SIGTERM');
    await says(worker, 'warm shutdown');
    const hooksMeanwhile = events('app');
    open('first');
    const end = await worker.ended;

    expect(end).toEqual({ code: 0, signal: null });
    expect(await running.get(soon)).toBe('redelivered: false');
    expect(events(waiting.id)).toEqual([]);
    expect(hooksMeanwhile).toEqual([]);
    expect(events('app')).toEqual(['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown']);
    expect(await stats()).toMatchObject({ waiting: 1, held: 0, parked: 0, dead: 0 });

    await startHere();
    open('second');
    expect(await client.result(waiting.id).get(soon)).toBe('redelivered: false');
  });
});

describe.each(pools)('the second SIGTERM on the pool %s', (pool) => {
  it('gives back what runs, marked redelivered and uncharged', async () => {
    covers(pool, 'cold stop');
    const { tasks, client, open, startWorker, startHere, startsOf, stats, says } = await setup();
    const worker = await startWorker(pool);

    const result = await tasks.gated.delay('never');
    await startsOf(result.id);
    worker.signal('SIGTERM');
    await says(worker, 'warm shutdown');
    worker.signal('SIGTERM');
    const end = await worker.ended;
    const after = await stats();
    open('never');
    await startHere();

    expect(end).toEqual({ code: 0, signal: null });
    expect(after).toMatchObject({ waiting: 1, held: 0, parked: 0, dead: 0 });
    expect(await client.result(result.id).get(soon)).toBe('redelivered: true');
  });
});

describe('softShutdownTimeout', () => {
  it.each(pools)('aborts the signals of what still runs on %s; what obeys goes back', async (pool) => {
    const { tasks, client, open, startWorker, startHere, startsOf, events, stats } = await setup();
    covers(pool, 'soft stop');
    const worker = await startWorker(pool, { SOFT_SHUTDOWN_TIMEOUT: '100' });

    const result = await tasks.obedient.delay('never');
    await startsOf(result.id);
    worker.signal('SIGTERM');
    const end = await worker.ended;
    const after = await stats();
    open('never');
    await startHere();

    expect(end).toEqual({ code: 0, signal: null });
    expect(events(result.id).slice(0, 2)).toEqual(['start', 'aborted']);
    expect(after).toMatchObject({ waiting: 1, held: 0 });
    expect(await client.result(result.id).get(soon)).toBe('redelivered: true');
  });
});

describe('Ctrl-C', () => {
  it('reaches the children of a prefork worker too, and is a warm shutdown all the same', async () => {
    const { tasks, open, startWorker, startsOf, says, stats, runsOf } = await setup();
    const worker = await startWorker('prefork');

    const result = await tasks.gated.delay('gate');
    await startsOf(result.id);
    worker.signalGroup('SIGINT');
    await says(worker, 'warm shutdown');
    open('gate');
    const end = await worker.ended;

    expect(end).toEqual({ code: 0, signal: null });
    expect(await result.get(soon)).toBe('redelivered: false');
    expect(runsOf(result.id)).toBe(1);
    expect(await stats()).toMatchObject({ waiting: 0, held: 0, parked: 0, dead: 0 });
  });

  it('twice gives back a body that never ends', async () => {
    const { tasks, startWorker, startsOf, says, stats } = await setup();
    const worker = await startWorker('prefork');

    const result = await tasks.spins.delay();
    await startsOf(result.id);
    worker.signalGroup('SIGINT');
    await says(worker, 'warm shutdown');
    worker.signalGroup('SIGINT');
    const end = await worker.ended;

    expect(end).toEqual({ code: 0, signal: null });
    expect(await stats()).toMatchObject({ waiting: 1, held: 0, parked: 0, dead: 0 });
  });
});

describe('a worker without work', () => {
  it.each(['prefork', 'async'] as const)('ends at once on %s', async (pool) => {
    const { startWorker, stats } = await setup();
    const worker = await startWorker(pool);

    worker.signal('SIGTERM');

    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(worker.stderr()).toBe('');
    expect(await stats()).toMatchObject({ waiting: 0, held: 0, parked: 0, dead: 0 });
  });

  it.each(['prefork', 'async'] as const)('obeys a signal that comes while it starts on %s', async (pool) => {
    const { launch, open, says, stats, events } = await setup();
    const worker = launch(pool, { BOOT_GATE: 'boot' });

    await eventually('it boots', () => events('app').includes('booting'), 30_000);
    worker.signalGroup('SIGINT');
    await says(worker, 'SIGINT: this worker ends as soon as it has started');
    open('boot');

    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(events('app').at(-1)).toBe('onApplicationShutdown');
    expect(await stats()).toMatchObject({ waiting: 0, held: 0, parked: 0, dead: 0 });
  });

  it('ends at once at the second signal while it starts', async () => {
    const { launch, says, events } = await setup();
    const worker = launch('prefork', { BOOT_GATE: 'never' });

    await eventually('it boots', () => events('app').includes('booting'), 30_000);
    worker.signal('SIGTERM');
    await says(worker, 'SIGTERM: this worker ends as soon as it has started');
    worker.signal('SIGTERM');

    expect(await worker.ended).toEqual({ code: 1, signal: null });
  });
});

describe('children', () => {
  it('end with their supervisor, also in the middle of a computation', async () => {
    const { tasks, startWorker, startsOf, rawEvents } = await setup();
    const worker = await startWorker('prefork');

    const result = await tasks.spins.delay();
    await startsOf(result.id);
    const child = rawEvents().find(({ id }) => id === result.id)?.pid ?? 0;
    const descendants = childrenOf(worker.pid);
    worker.signal('SIGKILL');
    await worker.ended;

    expect(descendants).toContain(child);
    await eventually('the child is gone', () => !isAlive(child), 2_000);
  });

  it('that die leave their task to another within a second', async () => {
    const { tasks, open, startWorker, rawEvents } = await setup();
    await startWorker('prefork', { TASK_QUEUE_CONCURRENCY: '2' });
    const warmUps = [randomUUID(), randomUUID()];
    const both = await Promise.all(warmUps.map((gate) => tasks.gated.delay(gate)));
    await eventually(
      'both children work',
      () => both.every(({ id }) => rawEvents().some((event) => event.id === id)),
      30_000,
    );
    warmUps.forEach(open);
    await Promise.all(both.map((result) => result.get(soon)));

    const gate = randomUUID();
    const result = await tasks.diesOnce.delay(gate);
    await eventually('it died', () => rawEvents().some(({ what, id }) => what === 'gone' && id === result.id));
    open(gate);
    await result.get(soon);

    const mine = rawEvents().filter(({ id }) => id === result.id);
    const lastDeath = mine.filter(({ what }) => what === 'gone').at(-1)?.atMs ?? 0;
    const rerun = mine.filter(({ what }) => what === 'start').at(-1)?.atMs ?? 0;
    expect(rerun - lastDeath).toBeLessThan(1_000);
  });
});
