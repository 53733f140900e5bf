import { describe, expect, it } from 'vitest';
import { TaskContext } from '../../../lib/tasks/index.js';
import { type ExecutionSignals } from '../../../lib/execution/index.js';
import { Ignore } from '../../../lib/errors/index.js';
import { runnable, setupTracer } from './rig.js';

describe('hooks', () => {
  it('run in order, told how it ended', async () => {
    const told: unknown[] = [];
    const hook =
      (name: string) =>
      ({ state, result, error, context }: { state: string; result: unknown; error: unknown; context: TaskContext }) => {
        told.push([
          name,
          state,
          result,
          error instanceof Error ? error.message : error,
          TaskContext.current() === context,
        ]);
      };
    const hooks = {
      beforeStart: [hook('beforeStart')],
      onSuccess: [hook('onSuccess')],
      onFailure: [hook('onFailure')],
      onRetry: [hook('onRetry')],
      afterReturn: [hook('afterReturn')],
    };
    const rig = setupTracer([
      runnable('a', () => 5, { hooks }),
      runnable(
        'b',
        () => {
          throw new Error('no');
        },
        { hooks },
      ),
      runnable('c', (context) => context.retry(), { hooks }),
    ]);

    for (const task of ['a', 'b', 'c']) await rig.run({ task });

    expect(told).toEqual([
      ['beforeStart', 'STARTED', undefined, undefined, true],
      ['onSuccess', 'SUCCESS', 5, undefined, true],
      ['afterReturn', 'SUCCESS', 5, undefined, true],
      ['beforeStart', 'STARTED', undefined, undefined, true],
      ['onFailure', 'FAILURE', undefined, 'no', true],
      ['afterReturn', 'FAILURE', undefined, 'no', true],
      ['beforeStart', 'STARTED', undefined, undefined, true],
      ['onRetry', 'RETRY', undefined, undefined, true],
      ['afterReturn', 'RETRY', undefined, undefined, true],
    ]);
  });

  it('that throw are logged and change nothing', async () => {
    const throwing = () => Promise.reject(new Error('hook'));
    const rig = setupTracer([runnable('a', () => 1, { hooks: { onSuccess: [throwing], afterReturn: [throwing] } })]);

    expect((await rig.run({})).outcome).toBe('success');
    expect(rig.logged).toEqual([
      expect.stringContaining('Hook onSuccess of task "a"'),
      expect.stringContaining('Hook afterReturn of task "a"'),
    ]);
  });

  it('before the start fail the task when they throw', async () => {
    const rig = setupTracer([
      runnable('a', () => 1, {
        hooks: {
          beforeStart: [
            () => {
              throw new Error('not now');
            },
          ],
        },
      }),
    ]);

    expect((await rig.run({})).error).toBe('Error: not now');
  });
});

describe('signals', () => {
  it('tell of each run, and of what came of it', async () => {
    const told: string[] = [];
    const sink = (name: string) => ({
      isObserved: true,
      emit: (event: object) => void told.push(`${name} ${'state' in event ? String(event.state) : ''}`.trim()),
    });
    const names = [
      'taskPrerun',
      'taskPostrun',
      'taskSuccess',
      'taskRetry',
      'taskFailure',
      'taskInternalError',
    ] as const;
    const signals = Object.fromEntries(names.map((name) => [name, sink(name)])) as unknown as ExecutionSignals;
    const rig = setupTracer(
      [
        runnable('a', () => 1),
        runnable('b', () => {
          throw new Error('x');
        }),
        runnable('c', (context) => context.retry()),
        runnable('d', () => {
          throw new Ignore();
        }),
      ],
      { signals },
    );

    for (const task of ['a', 'b', 'c', 'd']) await rig.run({ task });

    expect(told).toEqual([
      'taskPrerun',
      'taskSuccess',
      'taskPostrun SUCCESS',
      'taskPrerun',
      'taskFailure',
      'taskPostrun FAILURE',
      'taskPrerun',
      'taskRetry',
      'taskPostrun RETRY',
      'taskPrerun',
      'taskPostrun IGNORED',
    ]);
  });

  it("tell of a fault that is not the task's, which fails it", async () => {
    const told: unknown[] = [];
    const silent = { isObserved: false, emit: () => undefined };
    const signals: ExecutionSignals = {
      taskPrerun: silent,
      taskPostrun: silent,
      taskSuccess: silent,
      taskRetry: silent,
      taskFailure: silent,
      taskInternalError: { isObserved: true, emit: (event) => void told.push(event) },
    };
    const propagators = [
      {
        capture: () => undefined,
        run: () => {
          throw new Error('broken bridge');
        },
      },
    ];
    const rig = setupTracer([runnable('a', () => 1)], { signals, propagators });

    const reply = await rig.run({});

    expect(reply).toMatchObject({ outcome: 'failure', error: 'Error: broken bridge' });
    expect(told).toEqual([{ task: 'a', id: 'id-1', error: expect.any(Error) }]);
    expect(rig.logged).toHaveLength(1);
  });
});
