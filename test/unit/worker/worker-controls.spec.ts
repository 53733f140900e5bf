import { describe, expect, it, onTestFinished } from 'vitest';
import { done, setupWorker, traits, type WorkerRigOptions } from './worker-rig.js';

async function running(options?: WorkerRigOptions) {
  const rig = await setupWorker(options);
  onTestFinished(async () => {
    for (const { end } of rig.pool.given) end(done('success'));
    const stopped = rig.worker.stop('cold');
    await rig.clock.advance('1m');
    await stopped;
    await rig.broker.close();
    await rig.backend.close();
  });
  await rig.worker.start();
  await rig.settled();
  return { ...rig, controls: rig.worker.controls };
}

describe('time limits of a running worker', () => {
  it('hold for what begins from now on, here and in the process that runs it', async () => {
    const { controls, pool, publish, settled } = await running({ tasks: [traits({ timeLimitMs: 60_000 })], slots: 4 });
    await publish();
    await settled();

    expect(controls.setTimeLimits('a', { hardMs: 5_000, softMs: 1_000 })).toBe(true);
    await publish();
    await publish({ timeLimitMs: 7_000 });
    await settled();
    controls.setTimeLimits('a', {});
    await publish();
    await settled();

    expect(pool.given.map(({ options, job }) => [options.timeLimitMs, job.limits])).toEqual([
      [60_000, undefined],
      [5_000, { hardMs: 5_000, softMs: 1_000 }],
      [7_000, { hardMs: 5_000, softMs: 1_000 }],
      [undefined, { hardMs: undefined, softMs: undefined }],
    ]);
  });

  it('may be those of the worker, for tasks that have none', async () => {
    const tasks = [traits(), traits({ name: 'b', timeLimitMs: 9_000, softTimeLimitMs: 8_000 })];
    const { pool, publish, settled } = await running({
      tasks,
      options: { timeLimit: '5s', softTimeLimit: '4s' },
    });
    await publish();
    await publish({ task: 'b' });
    await settled();

    expect(pool.given.map(({ options, job }) => [options.timeLimitMs, job.limits])).toEqual([
      [5_000, { hardMs: 5_000, softMs: 4_000 }],
      [9_000, { hardMs: 9_000, softMs: 8_000 }],
    ]);
  });

  it('cannot be set for an unknown task, nor to nothing, nor the soft one above the hard one', async () => {
    const { controls } = await running();

    expect(controls.setTimeLimits('b', { hardMs: 1 })).toBe(false);
    expect(() => controls.setTimeLimits('a', { hardMs: 0 })).toThrow('"timeLimit" to be longer than 0');
    expect(() => controls.setTimeLimits('a', { hardMs: 1, softMs: 1 })).toThrow('less than "timeLimit" (1 ms)');
  });
});

describe('queues of a running worker', () => {
  it('can be added while it waits, and removed while it holds something of them', async () => {
    const { controls, pool, publish, settled, stateOf, worker } = await running({ slots: 4 });

    await controls.addQueue('other');
    const [first] = [await publish({ queue: 'other' })];
    await settled();
    pool.given[0]?.begin();
    await controls.removeQueue('other');
    await publish({ queue: 'other' });
    const own = await publish();
    await settled();

    expect(pool.given.map(({ id }) => id)).toEqual([first, own]);
    expect([controls.queues, worker.activeCount]).toEqual([['celery'], 2]);
    expect(await stateOf(first!)).toBeUndefined();
  });

  it('are refused a name that is none', async () => {
    const { controls } = await running();

    await expect(controls.addQueue('')).rejects.toThrow('"queue" to be a text that is not empty');
  });
});

describe('bounds of a running worker', () => {
  it('bring its pool within them at once', async () => {
    const { controls, pool } = await running({ slots: 2, options: { autoscale: { min: 1, max: 4 }, concurrency: 2 } });

    const grown = controls.setAutoscale({ min: 3 });
    const sizes = [pool.size];
    const shrunk = controls.setAutoscale({ max: 1 });
    sizes.push(pool.size);

    expect([grown, shrunk]).toMatchObject([
      { min: 3, max: 4 },
      { min: 1, max: 1 },
    ]);
    expect([sizes, controls.autoscale]).toEqual([[3, 1], shrunk]);
  });

  it('let it grow to a new max, and are refused when min is above max', async () => {
    const { controls, pool, publish, settled, clock } = await running({
      slots: 1,
      options: { autoscale: { min: 1, max: 1 } },
    });
    for (let i = 0; i < 5; i++) await publish();
    await settled();

    controls.setAutoscale({ max: 3 });
    await clock.advance(250);

    expect(pool.size).toBe(3);
    expect(() => controls.setAutoscale({ min: 4 })).toThrow('"autoscale.min" to be at most "max" (3)');
  });

  it('are none where the pool keeps its size', async () => {
    const { controls } = await running();

    expect([controls.setAutoscale({ max: 3 }), controls.autoscale]).toEqual([undefined, undefined]);
  });
});
