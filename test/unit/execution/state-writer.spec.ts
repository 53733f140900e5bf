import { describe, expect, it } from 'vitest';
import { TaskContext } from '../../../lib/tasks/index.js';
import { runnable, setupTracer, stored } from './rig.js';

describe('states that a task stores while it runs', () => {
  it('are stored in order, before its outcome', async () => {
    const rig = setupTracer([
      runnable(
        'a',
        async (context) => {
          await context.progress({ at: 1 });
          void context.updateState('COOLING', 2);
        },
        { trackStarted: true },
      ),
    ]);

    const reply = await rig.run({});

    expect(
      rig.backend.writes.map(({ status, result, dateDoneMs }) => [status, JSON.parse(result), dateDoneMs]),
    ).toEqual([
      ['STARTED', { pid: process.pid, hostname: 'w1@host' }, undefined],
      ['PROGRESS', { at: 1 }, undefined],
      ['COOLING', 2, undefined],
    ]);
    expect(stored(reply)[0]).toMatchObject({ status: 'SUCCESS' });
  });

  it('are not stored after it has ended', async () => {
    let later: TaskContext | undefined;
    const rig = setupTracer([
      runnable('a', (context) => {
        later = context;
      }),
    ]);
    await rig.run({});

    await later?.progress(1);

    expect(rig.backend.writes).toEqual([]);
  });

  it('skip those that came faster than the store takes them, but the newest', async () => {
    const rig = setupTracer([
      runnable('a', (context) => {
        for (let i = 0; i < 1_000; i++) void context.progress(i);
      }),
    ]);

    await rig.run({});

    expect(rig.backend.writes.map(({ result }) => result)).toEqual(['0', '999']);
  });

  it('that cannot be stored are logged, and the task goes on', async () => {
    const rig = setupTracer([
      runnable('a', async (context) => {
        await context.progress(1);
        return 'done';
      }),
    ]);
    rig.backend.failure = new Error('down');

    expect(stored(await rig.run({}))).toEqual([{ status: 'SUCCESS', result: 'done' }]);
    expect(rig.logged).toEqual(['Could not store state PROGRESS of task "id-1": down']);
  });

  it.each(['SUCCESS', 'FAILURE', 'RETRY', 'progress', '', 'A'.repeat(60)])('may not be named "%s"', async (state) => {
    const rig = setupTracer([runnable('a', (context) => context.updateState(state))]);

    expect((await rig.run({})).error).toMatch(/option "state"/);
  });

  it('must be values that can be sent', async () => {
    const rig = setupTracer([runnable('a', (context) => context.progress(() => 1))]);

    expect((await rig.run({})).error).toMatch(/^EncodeError/);
  });
});
