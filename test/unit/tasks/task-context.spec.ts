import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { TaskContext, type TaskContextHost, type TaskRequest } from '../../../lib/tasks/index.js';

function setup() {
  const host = {
    updateState: vi.fn<TaskContextHost['updateState']>(() => Promise.resolve()),
    sendEvent: vi.fn<TaskContextHost['sendEvent']>(() => Promise.resolve()),
    addToChord: vi.fn<TaskContextHost['addToChord']>(() => 'added'),
    retry: vi.fn<(options: object) => never>(() => {
      throw new Error('again');
    }),
  };
  const request = {
    id: 'id-1',
    task: 'billing.send',
    retries: 2,
    headers: { tenant: 'acme' },
  } as unknown as TaskRequest;
  return { host, context: new TaskContext(request, new AbortController().signal, host) };
}

describe('TaskContext', () => {
  it('is found anywhere below a running task, and nowhere else', async () => {
    const { context } = setup();
    const below = async (): Promise<TaskContext | undefined> => {
      await setImmediate();
      return TaskContext.current();
    };

    const [inside, outside] = await Promise.all([TaskContext.run(context, below), below()]);

    expect(inside).toBe(context);
    expect(outside).toBeUndefined();
  });

  it('keeps tasks apart that run at the same time', async () => {
    const contexts = [setup().context, setup().context];

    const found = await Promise.all(
      contexts.map((context) =>
        TaskContext.run(context, async () => {
          await setImmediate();
          return TaskContext.current();
        }),
      ),
    );

    expect(found[0]).toBe(contexts[0]);
    expect(found[1]).toBe(contexts[1]);
  });

  it('shows what people look for first of its request', () => {
    const { context } = setup();

    expect(context).toMatchObject({ id: 'id-1', task: 'billing.send', retries: 2, headers: { tenant: 'acme' } });
  });

  it('stores progress and states of its own', async () => {
    const { context, host } = setup();

    await context.progress({ current: 1 });
    await context.updateState('UPLOADING');

    expect(host.updateState.mock.calls).toEqual([
      ['PROGRESS', { current: 1 }],
      ['UPLOADING', null],
    ]);
  });

  it('hands a retry to what runs it', () => {
    const { context, host } = setup();

    expect(() => context.retry()).toThrow('again');
    expect(() => context.retry({ countdown: '1s' })).toThrow('again');
    expect(host.retry.mock.calls).toEqual([[{}], [{ countdown: '1s' }]]);
  });

  it('lists what was sent from below it, in order', () => {
    const { context } = setup();

    context.recordChild('a');
    context.recordChild('b');

    expect(context.children).toEqual(['a', 'b']);
  });
});
