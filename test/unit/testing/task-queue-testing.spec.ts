import { Inject, Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TaskClient } from '../../../lib/client/index.js';
import { Reject, TaskRevokedError, TimeLimitExceeded } from '../../../lib/errors/index.js';
import { getTaskClientToken, TaskQueueModule } from '../../../lib/nest/index.js';
import { crontab, every } from '../../../lib/schedules/index.js';
import { Ctx, Schedule, Task, TaskContext } from '../../../lib/tasks/index.js';
import {
  createTaskQueueTesting,
  type TaskQueueTesting,
  type TaskQueueTestingOptions,
} from '../../../lib/testing/index.js';
import { builderOf, compile, Mailer, MailTasks, METADATA, SmtpError } from './rig.js';

const NOW = new Date('2026-03-01T00:00:00Z');
const opened: TaskQueueTesting[] = [];
const open = (options: TaskQueueTestingOptions = {}): TaskQueueTesting => {
  const testing = createTaskQueueTesting({ now: NOW, ...options });
  opened.push(testing);
  return testing;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((testing) => testing.close()));
});

/** The application with one class of tasks more. */
const withTasks = (tasks: new (...args: never[]) => object) => ({
  ...METADATA,
  providers: [...(METADATA.providers ?? []), tasks],
});

describe('createTaskQueueTesting', () => {
  it('runs a task of the application, whatever broker that names', async () => {
    const testing = open();
    const module = await compile(testing);

    const result = await module.get(TaskClient).for(MailTasks).send.delay('a@b.org');

    expect(await result.get()).toBe('Hello, a@b.org');
    expect(module.get(Mailer).delivered).toEqual(['a@b.org']);
  });

  it('runs a task with a countdown when time has passed, and not before', async () => {
    const testing = open();
    const module = await compile(testing);
    const { delivered } = module.get(Mailer);
    const result = await module.get(TaskClient).for(MailTasks).send.applyAsync(['a@b.org'], { countdown: '1h' });

    await testing.advance('59m');
    expect(delivered).toEqual([]);
    await testing.advance('1m');

    expect(delivered).toEqual(['a@b.org']);
    expect(await result.state()).toBe('SUCCESS');
    expect(testing.now).toEqual(new Date('2026-03-01T01:00:00Z'));
  });

  it('runs a task with an eta when the clock is set to it', async () => {
    const testing = open();
    const module = await compile(testing);
    const eta = new Date('2026-04-01T12:00:00Z');
    await module.get(TaskClient).for(MailTasks).send.applyAsync(['a@b.org'], { eta });

    await testing.advanceTo(eta);

    expect(module.get(Mailer).delivered).toEqual(['a@b.org']);
  });

  it.each(['worker', 'cluster'] as const)(
    'runs tasks with a rate limit of the %s when their tokens are due',
    async (scope) => {
      @Injectable()
      class Limited {
        readonly began: number[] = [];

        @Task({ name: 'limited', rateLimit: { limit: '1/m', scope } })
        run(): void {
          this.began.push(testing.now.getTime() - NOW.getTime());
        }
      }
      const testing = open();
      const module = await compile(testing, withTasks(Limited));
      for (let i = 0; i < 4; i++) await module.get(TaskClient).for(Limited).run.delay();

      await testing.runUntilIdle();

      expect(module.get(Limited).began).toEqual([0, 60_000, 120_000, 180_000]);
    },
  );

  it('retries over the back-off, each wait as long as it can be', async () => {
    const testing = open();
    const module = await compile(testing);
    const times: number[] = [];
    vi.spyOn(module.get(Mailer), 'deliver').mockImplementation(() => {
      times.push(testing.clock.monotonic());
      if (times.length < 4) throw new SmtpError('busy');
    });
    const result = await module.get(TaskClient).for(MailTasks).send.delay('a@b.org');

    await testing.settle();
    expect(await result.state()).toBe('RETRY');
    await testing.advance('7s');

    expect(times).toEqual([0, 1_000, 3_000, 7_000]);
    expect(await result.get()).toBe('Hello, a@b.org');
    expect(testing.sent.map(({ retries }) => retries.length)).toEqual([3]);
  });

  it('spreads retries by a seed, the same way each time', async () => {
    const waits = async (seed: number): Promise<number> => {
      const testing = open({ seed });
      const module = await testing.compile(
        builderOf()
          .overrideProvider(Mailer)
          .useValue({
            deliver: () => {
              throw new SmtpError('busy');
            },
          }),
      );
      const result = await module.get(TaskClient).for(MailTasks).send.delay('a@b.org');
      await testing.runUntilIdle();
      await expect(result.get()).rejects.toThrow('busy');
      return testing.clock.monotonic();
    };

    const [once, again, other] = [await waits(1), await waits(1), await waits(2)];

    expect(again).toBe(once);
    expect(other).not.toBe(once);
    expect(once).toBeLessThan(31_000);
  });

  it('runs until nothing is left, over retries, etas and what tasks send', async () => {
    @Injectable()
    class Chain {
      constructor(@Inject(TaskClient) private readonly tasks: TaskClient) {}
      @Task({ name: 'chain.step' })
      async step(left: number): Promise<void> {
        if (left > 0) await this.tasks.for(Chain).step.applyAsync([left - 1], { countdown: '1d' });
      }
    }
    const testing = open();
    const module = await compile(testing, withTasks(Chain));
    await module.get(TaskClient).for(Chain).step.delay(3);

    await testing.runUntilIdle();

    expect(testing.sent.map(({ args }) => args[0])).toEqual([3, 2, 1, 0]);
    expect(testing.sent[1]?.parentId).toBe(testing.sent[0]?.id);
    expect(testing.now).toEqual(new Date('2026-03-04T00:00:00Z'));
  });

  it('sends what is due by a schedule, at each tick', async () => {
    const ticks: string[] = [];
    @Injectable()
    class Scheduled {
      @Schedule(crontab('30 3 * * *'))
      @Task({ name: 'nightly' })
      nightly(): void {
        ticks.push(testing.now.toISOString());
      }
      @Schedule(every('6h'))
      @Task({ name: 'often' })
      often(): void {}
    }
    const testing = open();
    await compile(testing, withTasks(Scheduled));

    await testing.advance('2d');

    expect(ticks).toEqual(['2026-03-01T03:30:00.000Z', '2026-03-02T03:30:00.000Z']);
    expect(testing.sent.filter(({ task }) => task === 'often')).toHaveLength(8);
  });

  it('sends nothing by schedules where it is told not to', async () => {
    @Injectable()
    class Scheduled {
      @Schedule(every('1h'))
      @Task({ name: 'hourly' })
      hourly(): void {}
    }
    const testing = open({ worker: { beat: false } });
    await compile(testing, withTasks(Scheduled));

    await testing.advance('1d');

    expect(testing.sent).toEqual([]);
  });

  it('does not run what has expired meanwhile, nor what was revoked', async () => {
    const testing = open();
    const module = await compile(testing);
    const { send } = module.get(TaskClient).for(MailTasks);
    const late = await send.applyAsync(['late'], { countdown: '1h', expires: '30m' });
    const unwanted = await send.applyAsync(['unwanted'], { countdown: '1h' });
    await unwanted.revoke();

    await testing.advance('2h');

    await expect(late.get()).rejects.toThrow(TaskRevokedError);
    await expect(unwanted.get()).rejects.toThrow(TaskRevokedError);
    expect(module.get(Mailer).delivered).toEqual([]);
  });

  it('ends a body at its limits as time passes', async () => {
    const aborted: string[] = [];
    @Injectable()
    class Slow {
      @Task({ name: 'slow', softTimeLimit: '10s', timeLimit: '20s' })
      slow(@Ctx() { signal }: TaskContext): Promise<void> {
        return new Promise(() =>
          signal.addEventListener('abort', () => aborted.push(String(testing.clock.monotonic()))),
        );
      }
    }
    const testing = open();
    const module = await compile(testing, withTasks(Slow));
    const result = await module.get(TaskClient).for(Slow).slow.delay();

    await testing.advance('10s');
    expect(aborted).toEqual(['10000']);
    await testing.advance('10s');

    await expect(result.get()).rejects.toThrow(TimeLimitExceeded);
  });

  it('lists what was given up, with the reason', async () => {
    @Injectable()
    class Refusing {
      @Task({ name: 'refuse' })
      refuse(_what: string): void {
        throw new Reject('not for me');
      }
    }
    const testing = open();
    const module = await compile(testing, withTasks(Refusing));
    await module.get(TaskClient).for(Refusing).refuse.delay('x');
    await module.get(TaskClient).send('nobody.knows', [1]);

    await testing.settle();

    expect(testing.deadLetters).toMatchObject([
      { task: 'refuse', args: ['x'], reason: 'rejected', error: 'Reject: not for me', queue: 'celery', diedAt: NOW },
      { task: 'nobody.knows', args: [1], reason: 'unknown_task' },
    ]);
  });

  it('only records without a worker', async () => {
    const testing = open({ worker: false });
    const module = await compile(testing);

    const { id } = await module
      .get(TaskClient)
      .for(MailTasks)
      .send.applyAsync(['a@b.org', 'Hi'], {
        countdown: '1h',
        expires: '2h',
        priority: 7,
        headers: { tenant: 'acme' },
      });
    await testing.advance('1d');

    expect(testing.sent).toEqual([
      {
        id,
        task: 'mail.send',
        args: ['a@b.org', 'Hi'],
        kwargs: {},
        queue: 'mail',
        instance: 'default',
        sentAt: NOW,
        eta: new Date('2026-03-01T01:00:00Z'),
        countdownMs: 3_600_000,
        expires: new Date('2026-03-01T02:00:00Z'),
        priority: 7,
        headers: { tenant: 'acme' },
        ignoreResult: false,
        timeLimitMs: undefined,
        softTimeLimitMs: undefined,
        parentId: undefined,
        retries: [],
      },
    ]);
    expect(module.get(Mailer).delivered).toEqual([]);
  });

  it('leaves the overrides of the test as they are, and enhancers at work', async () => {
    const testing = open();
    const deliver = vi.fn<(to: string) => void>();
    const module = await testing.compile(builderOf().overrideProvider(Mailer).useValue({ deliver }));

    await (await module.get(TaskClient).for(MailTasks).send.delay('a@b.org')).get();

    expect(deliver).toHaveBeenCalledExactlyOnceWith('a@b.org');
  });

  it('keeps results for as long as the test goes on', async () => {
    const testing = open();
    const module = await compile(testing);
    const { id } = await module.get(TaskClient).for(MailTasks).send.delay('a@b.org');

    await testing.advance('30d');

    expect(await module.get(TaskClient).result(id).get()).toBe('Hello, a@b.org');
  });

  it('follows forRootAsync and named instances', async () => {
    const testing = open();
    const module = await compile(testing, {
      imports: [
        TaskQueueModule.forRootAsync({
          useFactory: async () => ({ broker: 'embedded:/nowhere', tasks: { defaultQueue: 'main' } }),
        }),
        TaskQueueModule.forRoot({ name: 'billing', broker: 'embedded:/elsewhere', results: false }),
      ],
      providers: [Mailer, MailTasks],
    });
    const billing = module.get<TaskClient>(getTaskClientToken('billing'));

    const result = await module.get(TaskClient).for(MailTasks).digest.delay([]);
    await billing.for(MailTasks).send.delay('b');

    expect(await result.get()).toBe(0);
    await testing.settle();
    expect(module.get(Mailer).delivered).toEqual(['b']);
    expect(testing.sent.map(({ instance, queue }) => `${instance}/${queue}`)).toEqual(['default/main', 'billing/mail']);
    await expect(billing.result('x').get()).rejects.toThrow(/no result/i);
  });

  it('starts the application that was made of the module', async () => {
    const onModuleInit = vi.fn<() => void>();
    const testing = open();
    const providers = [...(METADATA.providers ?? []), { provide: 'hook', useValue: { onModuleInit } }];
    const module = await testing.configure(builderOf({ ...METADATA, providers })).compile();
    const app = module.createNestApplication();
    const close = vi.spyOn(app, 'close');
    await testing.start(app);

    const result = await app.get(TaskClient).for(MailTasks).send.delay('a@b.org');
    expect(await result.get()).toBe('Hello, a@b.org');
    await testing.close();

    expect([onModuleInit.mock.calls.length, close.mock.calls.length]).toEqual([1, 1]);
  });

  it('lists what is sent while the application starts, and by links', async () => {
    @Injectable()
    class Starter {
      constructor(@Inject(TaskClient) private readonly tasks: TaskClient) {}
      async onModuleInit(): Promise<void> {
        const { send } = this.tasks.for(MailTasks);
        await send.applyAsync(['first'], { link: send.si('second') });
      }
    }
    const testing = open();
    await compile(testing, withTasks(Starter));

    await testing.settle();

    expect(testing.sent.map(({ args }) => args)).toEqual([['first'], ['second']]);
  });

  it('keeps tests that run at the same time apart', async () => {
    const one = open();
    const other = open({ now: new Date('2030-01-01T00:00:00Z') });
    const [first, second] = await Promise.all([compile(one), compile(other)]);
    await first.get(TaskClient).for(MailTasks).send.applyAsync(['first'], { countdown: '1h' });
    await second.get(TaskClient).for(MailTasks).send.applyAsync(['second'], { countdown: '2h' });

    await Promise.all([one.advance('1h'), other.advance('1h')]);

    expect([first.get(Mailer).delivered, second.get(Mailer).delivered]).toEqual([['first'], []]);
    expect(one.sent.map(({ args }) => args)).toEqual([['first']]);
  });

  it('lets time stand still while a body does real work, where it is told to', async () => {
    let startedAt: Date | undefined;
    @Injectable()
    class Real {
      @Task({ name: 'real', softTimeLimit: '1s' })
      async real(@Ctx() { signal }: TaskContext): Promise<boolean> {
        startedAt = testing.now;
        await new Promise((resolve) => setTimeout(resolve, 20)); // stands for a query
        return signal.aborted;
      }
    }
    const testing = open({ holdTasks: true });
    const module = await compile(testing, withTasks(Real));
    const result = await module.get(TaskClient).for(Real).real.delay();

    await testing.advance('1h');

    expect(await result.state()).toBe('SUCCESS');
    expect([startedAt, await result.get()]).toEqual([NOW, false]);
  });

  it('starts no real timer, and leaves no virtual one', async () => {
    const timers = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'setInterval')];
    const testing = open();
    const module = await compile(testing);
    const { send } = module.get(TaskClient).for(MailTasks);
    await send.applyAsync(['later'], { countdown: '1h' });
    await send.delay('now');

    await testing.close();

    expect(timers.map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
    vi.restoreAllMocks();
    expect(testing.clock.pendingTimers).toBe(0);
    expect(module.get(Mailer).delivered).toEqual(['now']);
  });

  it('ends with a body that never ends, and after the application', async () => {
    @Injectable()
    class Stuck {
      @Task({ name: 'stuck' })
      stuck(): Promise<void> {
        return new Promise(() => undefined);
      }
    }
    const testing = open();
    const module = await compile(testing, withTasks(Stuck));
    const close = vi.spyOn(module, 'close');
    await module.get(TaskClient).for(Stuck).stuck.delay();
    await testing.settle();

    await module.close();
    await testing.close();
    await testing.close();

    expect(close).toHaveBeenCalledTimes(1);
    expect(testing.clock.pendingTimers).toBe(0);
  });
});
