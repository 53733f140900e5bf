import { describe, expect, it } from 'vitest';
import { TaskContext } from '../../../lib/tasks/index.js';
import { SoftTimeLimitExceeded } from '../../../lib/errors/index.js';
import { jobOf, runnable, setupTracer, stored } from './rig.js';

describe('soft time limits', () => {
  const untilAborted = (context: TaskContext): Promise<never> =>
    new Promise((_resolve, reject) =>
      context.signal.addEventListener('abort', () => reject(context.signal.reason as Error)),
    );

  it('abort the signal; what the body throws then is the limit', async () => {
    const rig = setupTracer([
      runnable('a', untilAborted, { softTimeLimit: '2s' }),
      runnable(
        'b',
        (context) =>
          untilAborted(context).catch(() => {
            throw new DOMException('aborted', 'AbortError');
          }),
        { softTimeLimit: '2s' },
      ),
    ]);

    const running = [rig.run({ task: 'a' }), rig.run({ task: 'b' })];
    await rig.clock.advance('2s');

    for (const reply of await Promise.all(running)) {
      expect(stored(reply)[0]).toMatchObject({
        status: 'FAILURE',
        result: { exc_type: 'SoftTimeLimitExceeded', exc_message: [2] },
      });
    }
  });

  it('are those of a running worker where it has changed them, unless the message has its own', async () => {
    const rig = setupTracer([
      runnable('a', untilAborted, { softTimeLimit: '2s', timeLimit: '9s' }),
      runnable('shows', ({ request }) => [request.softTimeLimitMs ?? null, request.timeLimitMs ?? null], {
        softTimeLimit: '2s',
        timeLimit: '9s',
      }),
    ]);
    const limits = { hardMs: undefined, softMs: 1_000 };

    const changed = rig.run({ task: 'a' }, { limits });
    const own = rig.run({ task: 'a', softTimeLimitMs: 3_000 }, { limits });
    const shown = [
      await rig.run({ task: 'shows' }, { limits }),
      await rig.run({ task: 'shows' }, { limits: { hardMs: 5_000, softMs: undefined } }),
      await rig.run({ task: 'shows' }),
    ];
    await rig.clock.advance('1s');
    const early = stored(await changed)[0];
    await rig.clock.advance('2s');

    expect(early?.result).toMatchObject({ exc_type: 'SoftTimeLimitExceeded', exc_message: [1] });
    expect(stored(await own)[0]?.result).toMatchObject({ exc_message: [3] });
    expect(shown.map((reply) => stored(reply)[0]?.result)).toEqual([
      [1_000, null],
      [null, 5_000],
      [2_000, 9_000],
    ]);
  });

  it('leave the end to the body', async () => {
    const rig = setupTracer([
      runnable('returns', (context) => untilAborted(context).catch(() => 'cleaned up')),
      runnable('throws', (context) =>
        untilAborted(context).catch(() => {
          throw new Error('own');
        }),
      ),
    ]);

    const running = [
      rig.run({ task: 'returns', softTimeLimitMs: 1_000 }),
      rig.run({ task: 'throws', softTimeLimitMs: 1_000 }),
    ];
    await rig.clock.advance('1s');

    expect((await Promise.all(running)).map((reply) => stored(reply)[0])).toMatchObject([
      { status: 'SUCCESS', result: 'cleaned up' },
      { status: 'FAILURE', result: { exc_message: ['own'] } },
    ]);
  });

  it('leave it to the body what its abort means, so that it can be retried as an error of its own', async () => {
    class Stalled extends Error {}
    const stall = (context: TaskContext): Promise<never> =>
      untilAborted(context).catch((cause: unknown) => {
        throw new Stalled('the API stalled', { cause });
      });
    const rig = setupTracer([runnable('a', stall, { softTimeLimit: 1, autoretryFor: [Stalled] })]);

    const running = rig.run({});
    await rig.clock.advance(1);

    expect((await running).outcome).toBe('retry');
  });

  it('are seen by who looks at the signal too late', async () => {
    let go = (): void => undefined;
    const rig = setupTracer([
      runnable(
        'a',
        async (context) => {
          await new Promise<void>((resolve) => (go = resolve));
          context.signal.throwIfAborted();
        },
        { softTimeLimit: 1 },
      ),
    ]);

    const running = rig.run({});
    await rig.clock.advance(1);
    go();

    expect((await running).error).toMatch(/^SoftTimeLimitExceeded/);
  });

  it('can be retried by name', async () => {
    const rig = setupTracer([runnable('a', untilAborted, { softTimeLimit: 1, autoretryFor: [SoftTimeLimitExceeded] })]);

    const running = rig.run({});
    await rig.clock.advance(1);

    expect((await running).outcome).toBe('retry');
  });

  it('leave no timer behind', async () => {
    const rig = setupTracer([
      runnable('a', () => 1, { softTimeLimit: '5s' }),
      runnable(
        'b',
        () => {
          throw new Error('x');
        },
        { softTimeLimit: '5s' },
      ),
    ]);

    await rig.run({ task: 'a' });
    await rig.run({ task: 'b' });

    expect(rig.clock.pendingTimers).toBe(0);
  });
});

describe('a worker that calls a task off', () => {
  it('gets it back when the task obeys', async () => {
    const control = new AbortController();
    const rig = setupTracer([
      runnable(
        'a',
        (context) =>
          new Promise((_resolve, reject) => {
            context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
          }),
        { autoretryFor: [Error] },
      ),
    ]);

    const running = rig.run({}, {}, control.signal);
    await new Promise((resolve) => setImmediate(resolve));
    control.abort();

    expect(await running).toMatchObject({ outcome: 'rejected', requeue: true, records: [] });
  });

  it('gets the outcome of a task that does not look', async () => {
    const control = new AbortController();
    const rig = setupTracer([
      runnable('a', () => {
        control.abort();
        throw new DOMException('own', 'AbortError');
      }),
    ]);

    expect(await rig.run({}, {}, control.signal)).toMatchObject({ outcome: 'failure' });
  });

  it('makes a signal only for those who read it', async () => {
    let made = 0;
    const rig = setupTracer([
      runnable('a', () => {
        throw new Error('x');
      }),
      runnable('b', (context) => context.signal.aborted),
    ]);
    const control = {
      get signal() {
        made++;
        return new AbortController().signal;
      },
    };

    await rig.tracer.run(jobOf(rig.messages.create({ task: 'a', args: [], kwargs: {} })), control);
    expect(made).toBe(0);
    await rig.tracer.run(jobOf(rig.messages.create({ task: 'b', args: [], kwargs: {} })), control);
    expect(made).toBe(1);
  });
});
