import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { TaskClient } from '../../../lib/client/index.js';
import { Reject } from '../../../lib/errors/index.js';
import { Task } from '../../../lib/tasks/index.js';
import { createTaskQueueTesting, taskQueueMatchers, type TaskQueueTesting } from '../../../lib/testing/index.js';
import { compile, MailTasks, METADATA } from './rig.js';

expect.extend(taskQueueMatchers);

@Injectable()
class Refusing {
  @Task({ name: 'refuse' })
  refuse(_what: string): void {
    throw new Reject('not for me');
  }
}

describe('taskQueueMatchers', () => {
  let testing: TaskQueueTesting;
  afterEach(() => testing.close());

  async function setup(): Promise<TaskClient> {
    testing = createTaskQueueTesting({ now: new Date('2026-03-01T00:00:00Z') });
    const module = await compile(testing, { ...METADATA, providers: [...(METADATA.providers ?? []), Refusing] });
    return module.get(TaskClient);
  }

  /** What the matcher says when it fails. */
  const messageOf = (assertion: () => void): string => {
    try {
      assertion();
    } catch (error) {
      // eslint-disable-next-line no-control-regex -- colours
      return (error as Error).message.replace(/\u001b\[\d+m/g, '');
    }
    return 'it did not fail';
  };

  it('finds a task by class and method, by handle and by name', async () => {
    const tasks = await setup();
    await tasks.for(MailTasks).send.delay('a@b.org', 'Hi');

    expect(testing).toHaveEnqueued([MailTasks, 'send']);
    expect(testing).toHaveEnqueued([MailTasks, 'send'], ['a@b.org', 'Hi']);
    expect(testing).toHaveEnqueued(tasks.for(MailTasks).send, ['a@b.org', 'Hi']);
    expect(testing).toHaveEnqueued('mail.send', ['a@b.org', 'Hi']);
    expect(testing).not.toHaveEnqueued([MailTasks, 'send'], ['a@b.org']);
    expect(testing).not.toHaveEnqueued([MailTasks, 'digest']);
    expect(testing).not.toHaveEnqueued('mail');
  });

  it('takes asymmetric matchers anywhere in the arguments', async () => {
    const { digest } = (await setup()).for(MailTasks);
    await digest.delay([
      { id: 1, name: 'Ada' },
      { id: 2, name: 'Bob' },
    ]);

    expect(testing).toHaveEnqueued(digest, [expect.any(Array)]);
    expect(testing).toHaveEnqueued(digest, [
      [{ id: expect.any(Number), name: 'Ada' }, expect.objectContaining({ id: 2 })],
    ]);
    expect(testing).toHaveEnqueued(digest, expect.arrayContaining([expect.anything()]));
    expect(testing).not.toHaveEnqueued(digest, [[expect.objectContaining({ id: 3 })]]);
  });

  it('compares how it was sent', async () => {
    const { send } = (await setup()).for(MailTasks);
    await send.applyAsync(['a@b.org'], {
      countdown: '1h',
      expires: '2h',
      priority: 9,
      headers: { tenant: 'acme', trace: '1' },
      timeLimit: '30s',
      kwargs: { subject: 'Hi' },
    });

    expect(testing).toHaveEnqueued(send, ['a@b.org'], { countdown: '1h', queue: 'mail', kwargs: { subject: 'Hi' } });
    expect(testing).toHaveEnqueued(send, undefined, {
      expires: '2h',
      priority: 9,
      timeLimit: '30s',
      headers: { tenant: 'acme' },
    });
    expect(testing).toHaveEnqueued(send, undefined, {
      eta: new Date('2026-03-01T01:00:00Z'),
      expires: new Date('2026-03-01T02:00:00Z'),
      taskId: expect.any(String),
      headers: { trace: expect.stringMatching(/\d/) },
    });
    expect(testing).not.toHaveEnqueued(send, undefined, { countdown: 0 });
    expect(testing).not.toHaveEnqueued(send, undefined, { priority: 8 });
    expect(testing).not.toHaveEnqueued(send, undefined, { headers: { tenant: 'other' } });
    expect(() => expect(testing).toHaveEnqueued(send, undefined, { que: 'mail' } as never)).toThrow(
      /did you mean "queue"/,
    );
  });

  it('counts', async () => {
    const { send } = (await setup()).for(MailTasks);
    for (const to of ['a', 'a', 'b']) await send.delay(to);

    expect(testing).toHaveEnqueuedTimes(send, 3);
    expect(testing).toHaveEnqueuedTimes([MailTasks, 'send'], 2, ['a']);
    expect(testing).toHaveEnqueuedTimes('mail.digest', 0);
    expect(testing).not.toHaveEnqueuedTimes(send, 2);
    expect(() => expect(testing).toHaveEnqueuedTimes(send, -1)).toThrow(/times/);
  });

  it('finds what was given up', async () => {
    const { refuse } = (await setup()).for(Refusing);
    await refuse.delay('x');
    await testing.settle();

    expect(testing).toHaveDeadLettered(refuse, ['x'], {
      reason: 'rejected',
      error: expect.stringContaining('not for me'),
    });
    expect(testing).toHaveDeadLettered([Refusing, 'refuse']);
    expect(testing).not.toHaveDeadLettered(refuse, ['y']);
    expect(messageOf(() => expect(testing).toHaveDeadLettered(refuse, ['y']))).toMatch(
      /1\. \["x"\] and \{.*"reason": "rejected".*\} {3}\(differs in args\)/s,
    );
  });

  it('shows what was sent instead', async () => {
    const tasks = await setup();
    const { send, digest } = tasks.for(MailTasks);
    await send.delay('x@y.org');
    await send.applyAsync(['a@b.org'], { queue: 'slow' });
    await digest.delay([]);
    await digest.delay([]);

    expect(messageOf(() => expect(testing).toHaveEnqueued(send, ['a@b.org'], { queue: 'mail' }))).toBe(
      [
        'expect(testing).toHaveEnqueued()',
        '',
        'Expected: "mail.send" with ["a@b.org"] and {"queue": "mail"}',
        '"mail.send" was sent 2 times:',
        '  1. ["x@y.org"] and {"queue": "mail"}   (differs in args)',
        '  2. ["a@b.org"] and {"queue": "slow"}   (differs in queue)',
        '',
        'Others that were sent:',
        '  1. "mail.digest" 2 times',
      ].join('\n'),
    );
  });

  it('shows what was sent all the same, and how often', async () => {
    const { send } = (await setup()).for(MailTasks);
    await send.delay('a');

    expect(messageOf(() => expect(testing).not.toHaveEnqueued(send))).toBe(
      [
        'expect(testing).not.toHaveEnqueued()',
        '',
        'Expected not: "mail.send"',
        '"mail.send" was sent once, of which 1 is like that:',
        '  1. ["a"]',
      ].join('\n'),
    );
    expect(messageOf(() => expect(testing).toHaveEnqueuedTimes(send, 2, ['a']))).toContain(
      'Expected: "mail.send" with ["a"], 2 times',
    );
  });

  it('knows a name that is nearly right', async () => {
    await setup();

    expect(messageOf(() => expect(testing).toHaveEnqueued('mail.sned'))).toBe(
      [
        'expect(testing).toHaveEnqueued()',
        '',
        'Expected: "mail.sned"',
        'No "mail.sned" was sent. No task of the application has this name; did you mean "mail.send"?',
        'Nothing else was sent.',
      ].join('\n'),
    );
  });

  it('says what it looks at', async () => {
    await setup();

    expect(messageOf(() => expect([]).toHaveEnqueued('mail.send'))).toMatch(
      /takes what createTaskQueueTesting\(\) returned/,
    );
  });
});
