import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EngineTasks, type Harm } from '../fixtures/apps/engine/engine.tasks.js';
import { covers } from '../tools/matrix.js';
import { eventually } from './outcomes/eventually.js';
import { openProcessRig, type ProcessRig, type StartedWorker } from './outcomes/process-rig.js';

const soon = { timeout: '60s' } as const;
const env = (options: object): Readonly<Record<string, string>> => ({
  RUN_OPTIONS: JSON.stringify(options),
  NODE_OPTIONS: '--max-old-space-size=96', // that memory runs out soon
});

/** By pool and harm: what the log says of the end of the process or thread. */
const reasons: Readonly<Record<'prefork' | 'threads', Partial<Record<Harm, RegExp>>>> = {
  prefork: {
    exit: /exited with code 3/,
    'exit-well': /exited with code 0/,
    crash: /was killed by SIGSEGV/,
    uncaught: /after TypeError: thrown where nobody catches/,
    unhandled: /after TypeError: rejected where nobody looks/,
    memory: /was killed by SIGABRT, as Node ends itself when its heap is full/,
  },
  threads: {
    exit: /exited with code 3/,
    'exit-well': /exited with code 0/,
    uncaught: /after TypeError: thrown where nobody catches/,
    unhandled: /after TypeError: rejected where nobody looks/,
    memory: /after .*memory limit/,
  },
};

describe.each(['prefork', 'threads'] as const)('a task that harms its place on %s', (pool) => {
  let rig: ProcessRig;
  let worker: StartedWorker;
  beforeAll(async () => {
    rig = await openProcessRig([EngineTasks]);
    worker = rig.start('engine/worker', { env: env({ pool, concurrency: 1 }) });
    await worker.ready();
  });
  afterAll(() => rig.close());

  it.each(Object.entries(reasons[pool]) as [Harm, RegExp][])(
    'is named in the log with the reason, runs again elsewhere, and its place is filled: %s',
    async (harm, reason) => {
      covers(pool, harm === 'exit' || harm === 'exit-well' ? 'exit' : 'crash');
      const { client } = rig;
      const result = await client.for(EngineTasks).harm.delay(harm);

      expect(await result.get(soon)).toBe('well');

      const lost = worker
        .stderr()
        .split('\n')
        .find((line) => line.includes(`Task engine.harm[${result.id}] was lost with the process that ran it`));
      expect(lost).toMatch(reason);
      expect(worker.stderr()).toMatch(new RegExp(`The ${pool} child 0 .*; it is replaced`));
      expect([rig.runsOf(result.id), worker.isOver]).toEqual([2, false]);
    },
  );

  it('is named in the log when it blocks its process beyond its limit, and fails', async () => {
    covers(pool, 'hard limit');
    const result = await rig.client.for(EngineTasks).harm.applyAsync(['block'], { timeLimit: 300 });

    expect(await result.get({ propagate: false, ...soon })).toMatchObject({ name: 'TimeLimitExceeded' });
    expect(worker.stderr()).toContain(`Task engine.harm[${result.id}] ran longer than its time limit of 300 ms`);
    expect(await (await rig.client.for(EngineTasks).burn.delay(1)).get(soon)).toMatch(/\d+\/\d+/);
  });
});

describe.each(['prefork', 'threads'] as const)('a task that computes without a pause on %s', (pool) => {
  it('is named in the log while it does', async () => {
    covers(pool, 'hang');
    const rig = await openProcessRig([EngineTasks]);
    onTestFinished(() => rig.close());
    const worker = rig.start('engine/worker', { env: env({ pool, concurrency: 1, stallWarning: 200 }) });
    await worker.ready();

    const result = await rig.client.for(EngineTasks).burn.delay(1_000);

    expect(await result.get(soon)).toMatch(/\d+\/\d+/);
    expect(worker.stdout()).toMatch(
      new RegExp(`The ${pool} child 0 .* has not turned its event loop for .*, in engine.burn\\[${result.id}\\]`),
    );
  });
});

describe.each(['prefork', 'threads', 'async'] as const)('a task that runs on %s', (pool) => {
  let rig: ProcessRig;
  beforeAll(async () => {
    rig = await openProcessRig([EngineTasks]);
    await rig.start('engine/worker', { env: env({ pool, concurrency: 2 }) }).ready();
  });
  afterAll(() => rig.close());

  it('is ended by a revocation that terminates, even as it computes, and stored as revoked', async () => {
    covers(pool, 'terminate');
    const { client } = rig;
    const name = pool === 'async' ? 'engine.deaf' : 'engine.harm'; // a loop that is blocked hears of nothing
    const result = await client.send(name, ['block']);
    await eventually('it runs', () => rig.runsOf(result.id) === 1);

    await result.revoke({ terminate: true });

    const error = await result.get({ propagate: false, ...soon });
    expect([await result.state(), error]).toEqual(['REVOKED', expect.objectContaining({ reason: 'terminated' })]);
    expect(await (await client.for(EngineTasks).burn.delay(1)).get(soon)).toMatch(/\d+\/\d+/);
    expect(rig.runsOf(result.id)).toBe(1);
  });

  it('is told by its signal, within a second, of a revocation that cancels', async () => {
    const result = await rig.client.for(EngineTasks).heed.delay();
    await eventually('it runs', () => rig.runsOf(result.id) === 1);

    await result.revoke({ cancel: true });
    await eventually('it has ended', () => rig.events(result.id).includes('end'), 1_000);

    const error = await result.get({ propagate: false, ...soon });
    expect([await result.state(), error]).toEqual(['REVOKED', expect.objectContaining({ reason: 'cancelled' })]);
  });
});

describe.each(['prefork', 'threads'] as const)('children on %s that can no longer boot', (pool) => {
  it('are tried again more slowly each time, with their error in the log, until they can', async () => {
    const rig = await openProcessRig([EngineTasks]);
    onTestFinished(() => rig.close());
    const obstacle = path.join(rig.folder, 'obstacle');
    const worker = rig.start('engine/worker', {
      env: { ...env({ pool, concurrency: 1 }), BOOT_OBSTACLE: obstacle },
    });
    await worker.ready();
    writeFileSync(obstacle, '');

    const result = await rig.client.for(EngineTasks).harm.delay('exit');
    await eventually('it was tried again', () => worker.stderr().includes('it is replaced in 200 ms'), 30_000);
    rmSync(obstacle);

    expect(await result.get(soon)).toBe('well');
    expect(worker.stderr()).toMatch(
      new RegExp(`The ${pool} child 0 could not boot: Error: the database is being moved; it is replaced in 100 ms`),
    );
  });
});
