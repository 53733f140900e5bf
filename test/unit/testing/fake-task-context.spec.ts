import { describe, expect, it } from 'vitest';
import { MaxRetriesExceededError, Retry, SoftTimeLimitExceeded } from '../../../lib/errors/index.js';
import { TaskContext } from '../../../lib/tasks/index.js';
import { fakeTaskContext } from '../../../lib/testing/index.js';
import { Mailer, MailTasks } from './rig.js';

describe('fakeTaskContext', () => {
  it('is a context that a method takes, with what the test says and defaults for the rest', () => {
    const context = fakeTaskContext({ retries: 2, headers: { tenant: 'acme' }, deliveryInfo: { queue: 'mail' } });

    expect(new MailTasks(new Mailer()).digest([{ id: 1, name: 'a' }], context)).toBe(3);
    expect(context).toBeInstanceOf(TaskContext);
    expect([context.headers, context.request.deliveryInfo]).toEqual([
      { tenant: 'acme' },
      { exchange: '', routingKey: 'mail', queue: 'mail', redelivered: false, priority: undefined },
    ]);
    expect(context.request.rootId).toBe(context.id);
  });

  it('records progress and states', async () => {
    const context = fakeTaskContext();

    await context.progress({ done: 1 });
    await context.updateState('UPLOADING');
    await context.sendEvent('order-shipped', { order: 1 });
    expect(context.events).toEqual([{ type: 'order-shipped', fields: { order: 1 } }]);
    await context.progress({ done: 2 });

    expect(context.states).toEqual([
      { state: 'PROGRESS', meta: { done: 1 } },
      { state: 'UPLOADING', meta: null },
      { state: 'PROGRESS', meta: { done: 2 } },
    ]);
    expect(context.lastProgress).toEqual({ done: 2 });
  });

  it('is the current one below run()', async () => {
    const context = fakeTaskContext();

    const found = await context.run(async () => {
      await Promise.resolve();
      return TaskContext.current();
    });

    expect([found, TaskContext.current()]).toEqual([context, undefined]);
  });

  it('aborts its signal, as the soft limit does or for another reason', () => {
    const [limited, other] = [fakeTaskContext({ softTimeLimitMs: 5_000 }), fakeTaskContext()];

    limited.abort();
    other.abort('enough');

    expect(limited.signal.reason).toEqual(new SoftTimeLimitExceeded(5_000));
    expect([other.signal.aborted, other.signal.reason]).toEqual([true, 'enough']);
  });

  it('retries as often as it may, then throws the error', () => {
    const cause = new Error('busy');
    const retried = (): unknown => fakeTaskContext({ retries: 2 }).retry({ countdown: '1m', error: cause });

    expect(retried).toThrow(Retry);
    expect(retried).toThrow(expect.objectContaining({ changes: { countdown: '1m', error: cause } }));
    expect(() => fakeTaskContext({ retries: 3 }).retry({ error: cause })).toThrow(cause);
    expect(() => fakeTaskContext({ retries: 1, maxRetries: 1 }).retry()).toThrow(MaxRetriesExceededError);
    expect(() => fakeTaskContext({ retries: 99, maxRetries: null }).retry()).toThrow(Retry);
  });
});
