import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TaskClient } from '../../../lib/client/index.js';
import {
  InvalidOptionError,
  TaskNotDeclaredError,
  TestingNotIdleError,
  TestingUsageError,
  UnknownOptionError,
} from '../../../lib/errors/index.js';
import { Task } from '../../../lib/tasks/index.js';
import {
  createTaskQueueTesting,
  type TaskQueueTesting,
  type TaskQueueTestingOptions,
} from '../../../lib/testing/index.js';
import { builderOf, compile, MailTasks, METADATA } from './rig.js';

const opened: TaskQueueTesting[] = [];
const open = (options: TaskQueueTestingOptions = {}): TaskQueueTesting => {
  const testing = createTaskQueueTesting(options);
  opened.push(testing);
  return testing;
};
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(opened.splice(0).map((testing) => testing.close()));
});

const errorOf = async (wrong: () => unknown): Promise<string> => {
  try {
    await wrong();
  } catch (error) {
    if (error instanceof TestingUsageError) return error.message;
    throw error;
  }
  return 'nothing was thrown';
};

describe('a testing that is used the wrong way', () => {
  it('says that time passes in a running application only', async () => {
    expect(await errorOf(() => open().advance('1h'))).toMatch(
      /^advance\(\) was called before the application runs\. Call start\(module\) before it/,
    );
    expect(await errorOf(() => open().settle())).toMatch(/before the application runs/);
    expect(await errorOf(() => open().nameOf([MailTasks, 'send']))).toMatch(/call start\(module\) first/);
  });

  it('says what configure() and start() want', async () => {
    const builder = builderOf();
    const module = await builderOf({}).compile();
    onTestFinished(() => module.close());

    expect(await errorOf(() => open().configure(module as never))).toMatch(/compiled already\. Give it the builder/);
    expect(await errorOf(() => open().configure({} as never))).toMatch(/expects the builder/);
    expect(await errorOf(() => open().start(builder as never))).toMatch(/was given a builder: await its compile\(\)/);
    expect(await errorOf(() => open().start(Promise.resolve(module) as never))).toMatch(/was given a promise: await/);
    expect(await errorOf(() => open().start({} as never))).toMatch(/expects the module/);
  });

  it('says that a module went past configure()', async () => {
    const [own, other] = [open(), open()];
    const module = await builderOf().compile();
    onTestFinished(() => module.close());
    own.configure(builderOf());

    expect(await errorOf(() => own.start(module))).toMatch(
      /not configured by this testing.+Pass its builder through configure\(\)/,
    );
    expect(await errorOf(() => other.start(module))).toMatch(/start\(\) was called before configure\(\)/);
  });

  it('says that there is no TaskQueueModule to test', async () => {
    const testing = open();

    expect(await errorOf(() => compile(testing, {}))).toMatch(/does not import TaskQueueModule/);
  });

  it('serves one application', async () => {
    const testing = open();
    const module = await compile(testing);

    expect(await errorOf(() => compile(testing))).toMatch(
      /configure\(\) was called after start\(\)\. Create one testing for each application/,
    );
    expect(await errorOf(() => testing.start(module))).toMatch(/start\(\) was called twice/);
    await testing.close();
    expect(await errorOf(() => testing.advance(1))).toBe('advance() was called after close().');
  });

  it('closes after an application that could not start', async () => {
    const testing = open();
    const failing = { onModuleInit: () => Promise.reject(new Error('no database')) };
    const metadata = {
      ...METADATA,
      providers: [...(METADATA.providers ?? []), { provide: 'failing', useValue: failing }],
    };

    await expect(compile(testing, metadata)).rejects.toThrow('no database');

    await expect(testing.close()).resolves.toBeUndefined();
  });

  it('does not go back in time', async () => {
    const testing = open({ now: new Date('2026-01-02T00:00:00Z') });
    await compile(testing);

    expect(await errorOf(() => testing.advanceTo(new Date('2026-01-01T00:00:00Z')))).toMatch(
      /would go back: it is 2026-01-02T00:00:00.000Z already/,
    );
    await expect(testing.advanceTo(new Date('never'))).rejects.toThrow(InvalidOptionError);
  });

  it('refuses options that it does not know, or cannot use', () => {
    expect(() => createTaskQueueTesting({ nwo: 1 } as never)).toThrow(UnknownOptionError);
    expect(() => createTaskQueueTesting({ worker: { qeues: ['a'] } as never })).toThrow(
      /did you mean "worker.queues"|did you mean "queues"/,
    );
    expect(() => createTaskQueueTesting({ now: new Date('never') })).toThrow(/now/);
    expect(() => createTaskQueueTesting({ seed: -1 })).toThrow(InvalidOptionError);
  });

  it("says that the runner's fake timers are on", async () => {
    const testing = open();
    await compile(testing);
    vi.useFakeTimers();

    const error = await errorOf(() => testing.advance('1h'));
    vi.useRealTimers();

    expect(error).toMatch(/fake timers are on.+toFake: \['Date'\]/);
  });

  it('runs beside a faked date', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2027-01-01T00:00:00Z') });
    const testing = open();
    const module = await compile(testing);

    await module
      .get(TaskClient)
      .for(MailTasks)
      .send.applyAsync(['a'], { eta: new Date('2027-01-02T00:00:00Z') });
    await testing.advance('1d');

    expect(testing.now).toEqual(new Date('2027-01-02T00:00:00Z'));
    expect(
      await module
        .get(TaskClient)
        .result(testing.sent[0]?.id ?? '')
        .state(),
    ).toBe('SUCCESS');
  });

  it('says which method is no task', async () => {
    const testing = open();
    await compile(testing);

    expect(() => testing.nameOf([MailTasks, 'notATask'])).toThrow(TaskNotDeclaredError);
    expect(() => testing.nameOf([MailTasks, 'sned'])).toThrow(/did you mean "send"/);
    expect(await errorOf(() => testing.nameOf(undefined as never))).toMatch(/Expected a task/);
  });

  it('has nothing to run until idle with, without a worker', async () => {
    const testing = open({ worker: false });
    await compile(testing);

    expect(await errorOf(() => testing.runUntilIdle())).toMatch(/created with "worker: false"/);
  });

  it('gives up on tasks that do not come to an end, and names them', async () => {
    @Injectable()
    class Endless {
      @Task({ name: 'endless', autoretryFor: [Error], maxRetries: null, defaultRetryDelay: '1h' })
      endless(): void {
        throw new Error('again');
      }
      @Task({ name: 'stuck' })
      stuck(): Promise<void> {
        return new Promise(() => undefined);
      }
    }
    const metadata = { ...METADATA, providers: [...(METADATA.providers ?? []), Endless] };
    const [stuck, endless] = [open(), open()];
    await (await compile(stuck, metadata)).get(TaskClient).for(Endless).stuck.delay();

    await expect(stuck.runUntilIdle()).rejects.toThrow(/do not wait for the clock.+\n {2}- stuck\[.+\] is running/);
    await expect(stuck.runUntilIdle()).rejects.toThrow(TestingNotIdleError);
    await (await compile(endless, metadata)).get(TaskClient).for(Endless).endless.delay();

    await expect(endless.runUntilIdle()).rejects.toThrow(
      /tasks are still left:\n {2}- endless\[.+\] waits for its retry number \d+$/,
    );
  });

  it('warns of a task that goes where nobody takes it from', async () => {
    const warnings: string[] = [];
    const testing = open({ worker: { queues: ['mail'] } });
    const logger = { log() {}, error() {}, warn: (message: string) => warnings.push(message) };
    const module = await testing.compile(builderOf().setLogger(logger));

    await module.get(TaskClient).for(MailTasks).digest.delay([]);
    await module.get(TaskClient).for(MailTasks).digest.delay([]);
    await module.get(TaskClient).send('python.task', [], { queue: 'python' });

    expect(warnings).toEqual([
      expect.stringMatching(/"mail.digest" was sent to queue "celery".+worker: { queues: \['mail', 'celery'\] }/),
    ]);
  });
});
