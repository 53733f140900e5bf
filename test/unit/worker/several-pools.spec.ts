import { describe, expect, it } from 'vitest';
import { done, setupWorker, traits, type WorkerRigOptions } from './worker-rig.js';

const tasks = [
  traits({ name: 'wait', pool: 'async' }),
  traits({ name: 'burn', pool: 'threads' }),
  traits({ name: 'any' }),
  traits({ name: 'stray', pool: 'prefork' }),
];

function setup(more: Partial<WorkerRigOptions> = {}) {
  return setupWorker({ tasks, pools: { async: 3, threads: 1 }, ...more });
}

describe('a worker with several pools', () => {
  it('runs each task in its own, and in the first what asks for none or for one that it lacks', async () => {
    const { worker, partOf, publish, settled } = await setup();
    await worker.start();
    for (const task of ['burn', 'wait', 'any', 'stray']) await publish({ task });
    await settled();

    const tasksIn = (name: string) => partOf(name).given.map(({ job }) => job.head?.task);

    expect(tasksIn('threads')).toEqual(['burn']);
    expect(tasksIn('async')).toEqual(['wait', 'any', 'stray']);
    expect(worker.insight.pools()).toEqual([
      { name: 'async', active: 3, slots: 3 },
      { name: 'threads', active: 1, slots: 1 },
    ]);
    await worker.stop('cold');
  });

  it('reaches tasks of one behind any number of those of another that is full', async () => {
    const { worker, partOf, publish, settled, stats } = await setup();
    for (let n = 0; n < 500; n++) await publish({ task: 'burn' });
    await publish({ task: 'wait' });
    await worker.start();
    await settled();

    expect(partOf('async').given).toHaveLength(1);
    expect(partOf('threads').given).toHaveLength(2); // one for the slot, one to follow it
    expect(await stats()).toMatchObject({ waiting: 0, held: 3, parked: 498 });
    await worker.stop('cold');
  });

  it('has the others come back as the pool has room, and runs each once', async () => {
    const { worker, clock, partOf, publish, settled, stats } = await setup();
    const ids: string[] = [];
    for (let n = 0; n < 30; n++) ids.push(await publish({ task: 'burn' }));
    await worker.start();

    const threads = partOf('threads');
    const ended: string[] = [];
    for (let step = 0; step < 4_000 && ended.length < 30; step++) {
      await settled();
      const next = threads.given.find(({ id }) => !ended.includes(id));
      if (next !== undefined && step % 2 === 0) {
        next.begin();
        ended.push(next.id);
        next.end(done('success', { runtimeMs: 20 }));
      }
      await clock.advance(10);
    }
    await settled();

    expect(ended.toSorted()).toEqual(ids.toSorted());
    expect(await stats()).toMatchObject({ waiting: 0, held: 0, parked: 0 });
    await worker.stop('warm');
  });

  it('takes nothing while all of them are full', async () => {
    const { worker, publish, settled, stats } = await setup({ pools: { async: 1, threads: 1 } });
    for (let n = 0; n < 2; n++) await publish({ task: 'burn' });
    for (let n = 0; n < 2; n++) await publish({ task: 'wait' });
    await worker.start();
    await settled();
    await publish({ task: 'wait' });
    await settled();

    expect(await stats()).toMatchObject({ waiting: 1, held: 4 });
    expect([worker.progress.state, worker.prefetchCount]).toEqual(['busy', 4]);
    await worker.stop('cold');
  });

  it('holds what a multiplier says in each, and sets the rest aside', async () => {
    const { worker, publish, settled, stats } = await setup({ options: { prefetchMultiplier: 3 } });
    for (let n = 0; n < 10; n++) await publish({ task: 'burn' });
    await worker.start();
    await settled();

    expect(await stats()).toMatchObject({ waiting: 0, held: 3, parked: 7 });
    await worker.stop('cold');
  });

  it('gives back what has waited a second for a slot of a full pool, and does not hold it again at once', async () => {
    const { worker, clock, publish, settled, partOf, stats } = await setup();
    await publish({ task: 'burn' });
    await publish({ task: 'burn' });
    await worker.start();
    await settled();
    partOf('threads').given[0]?.begin();
    const before = await stats();

    await clock.advance(1_100);

    expect([before, await stats()]).toMatchObject([
      { held: 2, parked: 0 },
      { held: 1, parked: 1 },
    ]);
    await worker.stop('cold');
  });
});
