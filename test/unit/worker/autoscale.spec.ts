import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { BacklogAutoscaler, type Autoscaler, type PoolLoad } from '../../../lib/worker/index.js';
import { done, setupWorker, type WorkerRigOptions } from './worker-rig.js';

describe('BacklogAutoscaler', () => {
  function setup(keepaliveMs = 30_000) {
    const autoscaler = new BacklogAutoscaler({ keepaliveMs });
    const load: PoolLoad = { size: 4, min: 1, max: 10, slots: 1, inHand: 0, waiting: 0, nowMs: 0 };
    return (change: Partial<PoolLoad>): number => autoscaler.decide({ ...load, ...change });
  }

  it('wants a slot for each task in hand or waiting', () => {
    const decide = setup();

    expect(decide({ inHand: 4, waiting: 3 })).toBe(7);
    expect(decide({ inHand: 8, waiting: 13, slots: 4 })).toBe(6);
  });

  it('wants one more than there are where nobody knows what waits', () => {
    const decide = setup();

    expect(decide({ inHand: 4, waiting: undefined })).toBe(5);
    expect(decide({ inHand: 3, waiting: undefined })).toBe(4);
  });

  it('keeps a pool for a while that is larger than needed, then wants as many as were needed at most meanwhile', () => {
    const decide = setup();

    const wants = [
      decide({ inHand: 1, nowMs: 0 }),
      decide({ inHand: 2, nowMs: 15_000 }),
      decide({ inHand: 0, nowMs: 29_999 }),
      decide({ inHand: 0, nowMs: 30_000 }),
    ];

    expect(wants).toEqual([4, 4, 4, 2]);
  });

  it('counts anew once all were needed', () => {
    const decide = setup();
    decide({ inHand: 1, nowMs: 0 });
    decide({ inHand: 4, nowMs: 20_000 });

    expect([decide({ inHand: 1, nowMs: 40_000 }), decide({ inHand: 1, nowMs: 69_999 })]).toEqual([4, 4]);
    expect(decide({ inHand: 1, nowMs: 70_000 })).toBe(1);
  });
});

describe('a worker whose pool is autoscaled', () => {
  async function setup(options: WorkerRigOptions = {}) {
    const rig = await setupWorker({ slots: 1, options: { autoscale: { min: 1, max: 4 } }, ...options });
    const sizes: number[] = [];
    rig.pool.onResize(() => sizes.push(rig.pool.size));
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
    /** Lets every job that the pool has begin and end, until none is left; returns how many ended. */
    const work = async (): Promise<number> => {
      let ended = 0;
      for (; ended < rig.pool.given.length;) {
        const job = rig.pool.given[ended++]!;
        job.begin();
        job.end(done('success'));
        await rig.settled();
      }
      return ended;
    };
    return { ...rig, sizes, work };
  }

  it('goes from 1 to 4 at once with a burst of 400 tasks, and back after the keepalive; each task runs once', async () => {
    const { broker, clock, logged, messages, pool, settled, sizes, stats, work } = await setup();
    const burst = Array.from({ length: 400 }, () =>
      messages.create({ task: 'a', args: [], kwargs: {}, queue: 'celery' }),
    );

    await broker.publish(burst);
    await settled();
    expect(sizes).toEqual([4]);
    expect(await work()).toBe(400);
    await clock.advance(29_000);
    expect(sizes).toEqual([4]);
    await clock.advance(2_500);

    expect(sizes).toEqual([4, 1]);
    expect(new Set(pool.given.map(({ id }) => id)).size).toBe(400);
    expect(await stats()).toMatchObject({ waiting: 0, held: 0 });
    expect(logged.filter((line) => line.includes('The pool'))).toEqual([
      'log The pool grows from 1 to 4: 1 in hand, 399 waiting',
      'log The pool shrinks from 4 to 1: 0 in hand, 0 waiting',
    ]);
  });

  it('notices what comes while all its slots are taken', async () => {
    const { clock, publish, settled, sizes } = await setup();
    await publish();
    await settled();
    expect(sizes).toEqual([]);

    await publish();
    await clock.advance(250);

    expect(sizes).toEqual([2]);
  });

  it('looks at nothing while it is at its smallest and has a free slot', async () => {
    const { broker, clock, publish, settled, work } = await setup();
    const size = vi.spyOn(broker.queues!, 'size');
    await publish();
    await settled();
    await work();
    await clock.advance(250);
    const before = size.mock.calls.length;

    await clock.advance('10m');

    expect([size.mock.calls.length, clock.pendingTimers]).toEqual([before, 0]);
  });

  it('stays within its bounds whatever a class of its own wants, and is given all that it needs to decide', async () => {
    const loads: PoolLoad[] = [];
    const wishes = [100, -3, 1.2, 2];
    class Own implements Autoscaler {
      decide(load: PoolLoad): number {
        loads.push(load);
        return wishes.shift() ?? load.size;
      }
    }
    const { clock, publish, sizes } = await setup({ autoscaler: Own, options: { autoscale: { min: 1, max: 4 } } });

    for (let i = 0; i < 10; i++) await publish();
    await clock.advance('5s');

    expect(sizes).toEqual([4, 1, 2]);
    expect(loads[0]).toMatchObject({ size: 1, min: 1, max: 4, slots: 1, inHand: 1 });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
      /keeps its size, as autoscaling failed: no idea/,
    ],
    ['wants no number', () => NaN, /the autoscaler wants a size of NaN/],
  ])('keeps its size and says so when its autoscaler %s', async (_, decide, message) => {
    class Broken implements Autoscaler {
      decide(): number {
        return decide();
      }
    }
    const { logged, publish, settled, sizes } = await setup({ autoscaler: Broken });

    await publish();
    await settled();

    expect(sizes).toEqual([]);
    expect(logged.find((line) => line.startsWith('error'))).toMatch(message);
  });

  it('leaves the pool as it is once it stops', async () => {
    const { clock, publish, settled, sizes, worker } = await setup();
    await publish();
    await settled();
    void worker.stop('warm');

    await publish();
    await publish();
    await clock.advance('2s');

    expect(sizes).toEqual([]);
  });
});
