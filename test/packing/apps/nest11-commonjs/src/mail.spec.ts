import { expect as importedExpect } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { TaskClient } from 'nest-task-queue';
import { createTaskQueueTesting, taskQueueMatchers, type TaskQueueTesting } from 'nest-task-queue/testing';
import { Mailer, MailModule, MailTasks, SmtpError } from './mail.module';

expect.extend(taskQueueMatchers);

describe('the tasks of an app under Jest', () => {
  const deliver = jest.fn<void, [string]>();
  let testing: TaskQueueTesting;
  let module: TestingModule;

  beforeEach(async () => {
    deliver.mockReset();
    testing = createTaskQueueTesting({ now: new Date('2026-03-01T00:00:00Z') });
    module = await testing.compile(
      Test.createTestingModule({ imports: [MailModule] })
        .overrideProvider(Mailer)
        .useValue({ deliver }),
    );
  });
  afterEach(() => testing.close());

  it('run over a retry and an eta, without a server and without waiting', async () => {
    deliver.mockImplementationOnce(() => {
      throw new SmtpError('busy');
    });
    const result = await module.get(TaskClient).for(MailTasks).send.applyAsync(['a@b.org'], { countdown: '1h' });

    await testing.advance('1h');
    expect(await result.state()).toBe('RETRY');
    await testing.advance('1s');

    expect(await result.get()).toBe('sent to a@b.org');
    expect(deliver).toHaveBeenCalledTimes(2);
  });

  it('are found by matchers', async () => {
    await module.get(TaskClient).for(MailTasks).send.applyAsync(['a@b.org'], { countdown: '1h' });
    await testing.advance('3d');

    expect(testing).toHaveEnqueued([MailTasks, 'send'], [expect.stringContaining('@')], { countdown: '1h' });
    expect(testing).toHaveEnqueuedTimes('mail.digest', 3);
    expect(testing).not.toHaveEnqueued([MailTasks, 'send'], ['c@d.org']);
    expect(testing).not.toHaveDeadLettered([MailTasks, 'send']);
    importedExpect(testing).toHaveEnqueued('mail.send', [importedExpect.any(String)]);
    expect(() => expect(testing).toHaveEnqueued([MailTasks, 'send'], ['c@d.org'])).toThrow(
      /"mail\.send" was sent once:\n {2}1\. .*"a@b\.org".*\(differs in args\)/,
    );
  });

  it('refuse to stand still under fake timers', async () => {
    jest.useFakeTimers();
    const advanced = testing.advance('1h');
    jest.useRealTimers();

    await expect(advanced).rejects.toThrow(/fake timers are on/);
  });
});
