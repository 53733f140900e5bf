import { describe, expect, it } from 'vitest';

import { openScripted } from './scripted-children.js';

describe('a pool that recycles', () => {
  it('boots a successor beside a child that has run enough, and lets that one go on meanwhile', async () => {
    const { children, runIn, child, recycled } = await openScripted({ maxJobs: 2 });
    await runIn(1);
    expect(children).toHaveLength(1);
    await runIn(1);
    expect(children.map(({ state }) => state)).toEqual(['up', 'booting']);

    const third = await runIn(1, 'third');

    expect(third).toEqual({ as: 'done', reply: 'third' });
    child(2).up();
    expect(children.map(({ state }) => state)).toEqual(['gone', 'up']);
    expect(recycled).toMatchObject([{ index: 0, because: { jobs: 3 }, running: 0, returned: 0 }]);
    expect(await runIn(2)).toMatchObject({ as: 'done' });
  });

  it('lets the child end what it runs, and gives what waits in it to its successor', async () => {
    const { pool, child, recycled, exits } = await openScripted({ maxJobs: 1, lookAhead: 8 });
    const running = pool.run('running');
    const waiting = ['a', 'b'].map((text) => pool.run(text));
    child(1).begin();

    child(2).up();

    expect([child(1).texts, child(2).texts]).toEqual([['running'], ['a', 'b']]);
    expect(recycled).toMatchObject([{ running: 1, returned: 2 }]);
    child(1).done();
    expect([await running, child(1).state]).toEqual([{ as: 'done', reply: 'running' }, 'gone']);
    expect(exits).toMatchObject([{ pid: 1, phase: 'leave', replacedInMs: undefined }]);
    for (const _ of waiting) {
      child(2).begin();
      child(2).done();
    }
    expect(await Promise.all(waiting)).toMatchObject([{ reply: 'a' }, { reply: 'b' }]);
  });

  it('boots one successor after the other, with a rest of six times as long as a boot took', async () => {
    const { clock, pool, children, child } = await openScripted({ maxJobs: 1, children: 2 });
    child(2).up();
    void pool.run('a');
    void pool.run('b');
    child(1).begin();
    child(2).begin();
    expect(children).toHaveLength(3);

    await clock.advance(100);
    child(3).up();
    await clock.advance(599);
    expect(children).toHaveLength(3);
    await clock.advance(1);

    expect(children).toHaveLength(4);
    expect(child(4).role.index).toBe(1);
  });

  it('does not rest where memory is the reason, and sees to that first', async () => {
    const { clock, pool, children, child, recycled } = await openScripted({ maxJobs: 1, children: 3 });
    child(2).up();
    child(3).up();
    for (const number of [1, 2]) {
      void pool.run(`job ${number}`);
      child(number).begin();
    }
    child(3).takes(300);
    await clock.advance(100);

    child(4).up();

    expect(children).toHaveLength(5);
    child(5).up();
    expect(recycled.map(({ because, index }) => [index, because])).toEqual([
      [0, { jobs: 1 }],
      [2, { memoryBytes: 300 }],
    ]);
  });

  it('restarts all, one after the other without a rest, those that boot too, and what runs goes on', async () => {
    const { pool, children, child, recycled } = await openScripted({ children: 3 });
    child(2).up();
    const running = pool.run('running');
    child(1).begin();

    pool.restart();

    expect(children).toHaveLength(4);
    child(4).up();
    expect(children).toHaveLength(5);
    child(5).up();
    child(3).up(); // it has booted meanwhile, and may have read before what the restart is for
    expect(children).toHaveLength(6);
    child(6).up();
    expect(recycled.map(({ because, index, running }) => [index, because, running])).toEqual([
      [0, { restart: true }, 1],
      [1, { restart: true }, 0],
      [2, { restart: true }, 0],
    ]);
    expect(child(1).state).toBe('up');
    child(1).done();
    expect(await running).toMatchObject({ as: 'done' });
    expect([child(1).state, children.length, pool.pids()]).toEqual(['gone', 6, [4, 5, 6]]);
  });

  it('restarts one that boots by one that takes its place, also where that is up first', async () => {
    const { pool, children, child } = await openScripted({ children: 2 });
    pool.restart();
    child(3).up();

    child(4).up(); // for the second, which still boots

    expect(children.map(({ state }) => state)).toEqual(['gone', 'gone', 'up', 'up']);
    expect(pool.pids()).toEqual([3, 4]);
  });

  it('restarts a successor that boots, once it is up', async () => {
    const { pool, children, child, runIn } = await openScripted({ maxJobs: 1 });
    await runIn(1);
    pool.restart();

    child(2).up();
    expect(children).toHaveLength(3);
    child(3).up();

    expect(pool.pids()).toEqual([3]);
  });

  it('keeps the child until a successor can boot, and tries again more slowly each time', async () => {
    const { clock, children, child, runIn, exits } = await openScripted({ maxJobs: 1 });
    await runIn(1);

    child(2).end('exited with code 1');
    await clock.advance(100);
    child(3).end('exited with code 1');
    expect(await runIn(1)).toMatchObject({ as: 'done' });
    await clock.advance(200);
    child(4).up();

    expect(exits.slice(0, 2).map(({ phase, replacedInMs }) => [phase, replacedInMs])).toEqual([
      ['boot', 100],
      ['boot', 200],
    ]);
    expect(children.map(({ state }) => state)).toEqual(['gone', 'gone', 'gone', 'up']);
  });

  it('lets a successor that boots stand in for a child that dies meanwhile', async () => {
    const { children, child, pool, exits } = await openScripted({ maxJobs: 1 });
    const lost = pool.run('deadly');
    child(1).begin();

    child(1).end('was killed by SIGSEGV');
    child(2).up();

    expect(await lost).toMatchObject({ as: 'lost', started: true, charged: true });
    expect(exits).toMatchObject([{ pid: 1, phase: 'service', replacedInMs: 0 }]);
    expect(children).toHaveLength(2);
    expect(pool.pids()).toEqual([2]);
  });

  it('replaces at once a child that dies while a successor waits to be tried again', async () => {
    const { clock, children, child, runIn, pool } = await openScripted({ maxJobs: 1 });
    await runIn(1);
    child(2).end('exited with code 1');

    child(1).end('was killed by SIGSEGV');
    expect(children).toHaveLength(3);
    child(3).up();
    await clock.advance('1m');

    expect(children).toHaveLength(3);
    expect(pool.pids()).toEqual([3]);
  });

  it('takes the successor away with the child when it shrinks', async () => {
    const { children, child, pool } = await openScripted({ maxJobs: 1, children: 2 });
    child(2).up();
    const outcomes = ['first', 'second'].map((text) => pool.run(text));
    child(2).begin();
    expect([child(3).role.index, child(3).state]).toEqual([1, 'booting']);

    pool.shrink(1);

    expect([child(3).state, child(2).state]).toEqual(['gone', 'up']);
    for (const number of [1, 2]) {
      if (number === 1) child(1).begin();
      child(number).done();
    }
    expect(await Promise.all(outcomes)).toMatchObject([{ as: 'done' }, { as: 'done' }]);
    expect(child(2).state).toBe('gone');
    expect(children.filter(({ role }) => role.index === 1).map(({ state }) => state)).toEqual(['gone', 'gone']);
  });

  it('ends its successors when it stops', async () => {
    const { child, children, clock, pool, runIn } = await openScripted({ maxJobs: 1 });
    await runIn(1);

    await pool.stop('drain');

    expect(children.map(({ state }) => state)).toEqual(['gone', 'gone']);
    expect(child(2).role.index).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('begins no succession while it stops', async () => {
    const { child, children, clock, pool, runIn } = await openScripted({ maxJobs: 1 });
    await runIn(1);
    await clock.advance(100);
    child(2).up(); // a rest of 600 ms begins
    const outcome = pool.run('begins while the pool stops');
    child(2).isQuick = true;
    const stopped = pool.stop('drain');

    child(2).begin();

    expect([children.length, clock.pendingTimers]).toEqual([2, 0]);
    child(2).done();
    await stopped;
    expect(await outcome).toMatchObject({ as: 'done' });
  });

  it('asks the first report for how many jobs', async () => {
    const { children, child, runIn, pool } = await openScripted({ maxJobs: () => 2 });

    await runIn(1);
    await runIn(1);
    child(2).up();

    expect([children.length, pool.pids()]).toEqual([2, [2]]);
  });

  it.each([0, 1.5])('refuses to recycle after %d jobs', async (maxJobs) => {
    await expect(openScripted({ maxJobs })).rejects.toMatchObject({ code: 'TQ_INVALID_OPTION' });
  });
});
