import { ConfigModule, ConfigService } from '@nestjs/config';
import { Inject, Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TaskClient } from '../../../lib/client/index.js';
import { TaskEvents } from '../../../lib/events/index.js';
import {
  getTaskClientToken,
  getTaskEventsToken,
  getTaskQueueHostToken,
  InjectTaskClient,
  TaskQueueHost,
  TaskQueueModule,
  TASK_QUEUE_CLOCK,
  type TaskQueueModuleOptions,
  type TaskQueueOptionsFactory,
} from '../../../lib/nest/index.js';
import { every } from '../../../lib/schedules/index.js';
import { Schedule, Task } from '../../../lib/tasks/index.js';
import { VirtualClock } from '../../../lib/time/index.js';

let serial = 0;
/** A broker of its own for each case. */
const memory = (): string => `memory:module-${++serial}`;

@Injectable()
class Mail {
  @Task({ name: 'mail.send', queue: 'mail' })
  send(to: string): string {
    return to;
  }
}

/** What a broker has taken, as ids and queues. */
async function queued(module: TestingModule, queue: string, name = 'default'): Promise<number> {
  const broker = module.get<TaskQueueHost>(getTaskQueueHostToken(name)).createBroker();
  await broker.connect();
  try {
    return (await broker.queues?.size(queue)) ?? -1;
  } finally {
    await broker.close();
  }
}

describe('TaskQueueModule', () => {
  const opened: TestingModule[] = [];
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const module of opened.splice(0)) await module.close();
  });

  /** Nest 11 runs the hooks again when it is closed again. */
  async function close(module: TestingModule): Promise<void> {
    opened.splice(opened.indexOf(module), 1);
    await module.close();
  }

  async function start(metadata: Parameters<typeof Test.createTestingModule>[0]): Promise<TestingModule> {
    const module = await Test.createTestingModule(metadata)
      .setLogger({ log() {}, warn() {}, error() {} })
      .compile();
    await module.init(); // Nest 11 cannot close what failed to start
    opened.push(module);
    return module;
  }

  it('gives every module the client and the events by their types', async () => {
    @Injectable()
    class Sender {
      constructor(
        @Inject(TaskClient) readonly tasks: TaskClient,
        @Inject(TaskEvents) readonly events: TaskEvents,
      ) {}
    }
    class Feature {}
    const module = await start({
      imports: [TaskQueueModule.forRoot({ broker: memory() }), { module: Feature, providers: [Sender] }],
      providers: [Mail],
    });
    const sender = module.get(Sender, { strict: false });
    const sent: string[] = [];
    sender.events.afterTaskPublish$.subscribe(({ task }) => sent.push(task));

    await sender.tasks.for(Mail).send.delay('a@b.org');

    expect(sent).toEqual(['mail.send']);
    expect(await queued(module, 'mail')).toBe(1);
  });

  it('connects to nothing before something is sent', async () => {
    const module = await start({ imports: [TaskQueueModule.forRoot({ broker: memory() })], providers: [Mail] });

    expect(module.get(TaskQueueHost).moduleOptionsReport().broker.url).toMatch(/^memory:/);
    await close(module); // closes what was never opened
  });

  it('sends from onModuleInit of any provider, and from onApplicationShutdown', async () => {
    const url = memory();
    @Injectable()
    class Sender implements OnModuleInit, OnApplicationShutdown {
      constructor(@Inject(TaskClient) readonly tasks: TaskClient) {}
      async onModuleInit(): Promise<void> {
        await this.tasks.for(Mail).send.delay('first');
      }
      async onApplicationShutdown(): Promise<void> {
        await this.tasks.for(Mail).send.delay('last');
      }
    }
    const watching = await start({ imports: [TaskQueueModule.forRoot({ broker: url })] });
    const keeper = watching.get(TaskQueueHost).createBroker(); // keeps the memory store of this name alive
    await keeper.connect();
    const module = await start({
      imports: [
        { module: class Deep {}, imports: [{ module: class Deeper {}, providers: [Sender] }] },
        TaskQueueModule.forRoot({ broker: url }),
      ],
      providers: [Mail],
    });

    await close(module);

    expect(await keeper.queues?.size('mail')).toBe(2);
    await keeper.close();
  });

  it('refuses to send after the application was closed', async () => {
    const module = await start({ imports: [TaskQueueModule.forRoot({ broker: memory() })], providers: [Mail] });
    const tasks = module.get(TaskClient);
    await close(module);

    await expect(tasks.for(Mail).send.delay('late')).rejects.toThrow(/the task client is closed/);
  });

  it('sends from a module that was only compiled', async () => {
    const module = await Test.createTestingModule({
      imports: [TaskQueueModule.forRoot({ broker: memory() })],
      providers: [Mail],
    }).compile();
    opened.push(module);

    await module.get(TaskClient).for(Mail).send.delay('a@b.org');

    expect(await queued(module, 'mail')).toBe(1);
  });

  it('lets a test replace the client', async () => {
    const send = vi.fn();
    @Injectable()
    class Sender {
      constructor(@Inject(TaskClient) readonly tasks: TaskClient) {}
    }
    const module = await Test.createTestingModule({
      imports: [TaskQueueModule.forRoot({ broker: memory() })],
      providers: [Sender],
    })
      .overrideProvider(TaskClient)
      .useValue({ send })
      .compile();
    opened.push(module);

    void module.get(Sender).tasks.send('x');

    expect(send).toHaveBeenCalledWith('x');
  });

  it('goes by the clock that a test puts in its place', async () => {
    const clock = new VirtualClock();
    const module = await Test.createTestingModule({ imports: [TaskQueueModule.forRoot({ broker: memory() })] })
      .overrideProvider(TASK_QUEUE_CLOCK)
      .useValue(clock)
      .compile();
    opened.push(module);

    expect(module.get(TaskQueueHost).clock).toBe(clock);
  });

  describe('forRootAsync', () => {
    it('takes options from ConfigService', async () => {
      const url = memory();
      const module = await start({
        imports: [
          ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ queue: { url, name: 'slow' } })] }),
          TaskQueueModule.forRootAsync({
            imports: [ConfigModule],
            inject: [ConfigService],
            useFactory: (config: ConfigService) => ({
              broker: config.getOrThrow<string>('queue.url'),
              tasks: { defaultQueue: config.getOrThrow<string>('queue.name') },
            }),
          }),
        ],
      });

      expect(module.get(TaskQueueHost).options).toMatchObject({ broker: { url }, tasks: { defaultQueue: 'slow' } });
    });

    it('takes them from a class, made here or elsewhere', async () => {
      const url = memory();
      @Injectable()
      class Options implements TaskQueueOptionsFactory {
        createTaskQueueOptions(): TaskQueueModuleOptions {
          return { broker: url };
        }
      }
      @Module({ providers: [Options], exports: [Options] })
      class OptionsModule {}

      const made = await start({ imports: [TaskQueueModule.forRootAsync({ useClass: Options })] });
      const found = await start({
        imports: [TaskQueueModule.forRootAsync({ imports: [OptionsModule], useExisting: Options })],
      });

      expect([made, found].map((module) => module.get(TaskQueueHost).options.broker.url)).toEqual([url, url]);
    });

    it('refuses a name that the factory returns', async () => {
      const useFactory = (): TaskQueueModuleOptions => ({ broker: memory(), name: 'x' }) as TaskQueueModuleOptions;

      await expect(start({ imports: [TaskQueueModule.forRootAsync({ useFactory })] })).rejects.toThrow(
        '"name" of TaskQueueModule.forRootAsync() stands beside useFactory, not in what it returns',
      );
    });
  });

  describe('with several instances', () => {
    @Injectable()
    class Sender {
      constructor(
        @Inject(TaskClient) readonly main: TaskClient,
        @InjectTaskClient('billing') readonly billing: TaskClient,
      ) {}
    }

    it('gives each name its own client, and every one all tasks', async () => {
      const module = await start({
        imports: [
          TaskQueueModule.forRoot({ broker: memory() }),
          TaskQueueModule.forRootAsync({ name: 'billing', useFactory: () => ({ broker: memory() }) }),
        ],
        providers: [Mail, Sender],
      });
      const { main, billing } = module.get(Sender);

      await billing.for(Mail).send.delay('a');
      await billing.for(Mail).send.delay('b');
      await main.for(Mail).send.delay('c');

      expect(await queued(module, 'mail')).toBe(1);
      expect(await queued(module, 'mail', 'billing')).toBe(2);
      expect(module.get(getTaskClientToken('billing'))).toBe(billing);
      expect(module.get(getTaskEventsToken('billing'))).not.toBe(module.get(TaskEvents));
    });

    it('has schedules sent by the default one', async () => {
      class Nightly {
        @Schedule(every('1d'))
        @Task()
        run(): void {}
      }
      const both = await start({
        imports: [
          TaskQueueModule.forRoot({ broker: memory() }),
          TaskQueueModule.forRoot({ broker: memory(), name: 'b' }),
        ],
        providers: [Nightly],
      });
      const only = await start({
        imports: [TaskQueueModule.forRoot({ broker: memory(), name: 'b' })],
        providers: [Nightly],
      });

      expect(both.get(TaskQueueHost).schedules).toHaveLength(1);
      expect(both.get<TaskQueueHost>(getTaskQueueHostToken('b')).schedules).toHaveLength(0);
      expect(only.get<TaskQueueHost>(getTaskQueueHostToken('b')).schedules).toHaveLength(1);
      await expect(
        start({
          imports: [
            TaskQueueModule.forRoot({ broker: memory(), name: 'a' }),
            TaskQueueModule.forRoot({ broker: memory(), name: 'b' }),
          ],
          providers: [Nightly],
        }),
      ).rejects.toThrow(
        'The application has @Schedule() entries and several instances of TaskQueueModule ("a", "b"), none of which is the default one, ' +
          'so nothing says which of them sends what is due. Import one of them without a name.',
      );
    });

    it('refuses two of one name', async () => {
      await expect(
        start({
          imports: [TaskQueueModule.forRoot({ broker: memory() }), TaskQueueModule.forRoot({ broker: memory() })],
        }),
      ).rejects.toThrow(
        'TaskQueueModule.forRoot() is imported twice under the name "default". It is global: import it once, in the root module. ' +
          'For a second broker, give it another name: forRoot({ name: "billing", … }).',
      );
    });
  });

  it('says where tasks are kept when no broker is configured', async () => {
    vi.stubEnv('TASK_QUEUE_BROKER_URL', '');
    const log = vi.fn();
    const module = await Test.createTestingModule({ imports: [TaskQueueModule.forRoot()] })
      .setLogger({ log, warn() {}, error() {} })
      .compile();
    await module.init();
    opened.push(module);

    const [line, context] = log.mock.calls.find(([text]) => String(text).includes('No broker')) as [string, string];
    expect(context).toBe('TaskQueueModule');
    expect(line).toMatch(
      /^No broker is configured: tasks and results are kept in embedded:\/.*\.task-queue, for processes of this machine\. To keep them elsewhere, set "broker" in TaskQueueModule\.forRoot\(\), or TASK_QUEUE_BROKER_URL\.$/,
    );
  });

  it('leaves that to the worker in its children', async () => {
    vi.stubEnv('TASK_QUEUE_BROKER_URL', '');
    vi.stubGlobal(Symbol.for('nest-task-queue.child-role') as unknown as string, { kind: 'prefork', index: 0 });
    const log = vi.fn();
    const module = await Test.createTestingModule({ imports: [TaskQueueModule.forRoot()] })
      .setLogger({ log, warn() {}, error() {} })
      .compile();
    await module.init();
    vi.unstubAllGlobals();
    opened.push(module);

    expect(log.mock.calls.filter(([text]) => String(text).includes('No broker'))).toEqual([]);
  });

  it('refuses to be imported as a class', async () => {
    await expect(start({ imports: [TaskQueueModule] })).rejects.toThrow(
      'TaskQueueModule is imported as it is. Import TaskQueueModule.forRoot() or forRootAsync() once, in the root module; ' +
        'it is global, so that other modules need not import it.',
    );
  });

  it('can be kept to the modules that import it', async () => {
    @Injectable()
    class Sender {
      constructor(@Inject(TaskClient) readonly tasks: TaskClient) {}
    }
    const root = TaskQueueModule.forRoot({ broker: memory(), isGlobal: false });
    class Feature {}

    await expect(start({ imports: [root, { module: Feature, providers: [Sender] }] })).rejects.toThrow(
      /can't resolve dependencies/i,
    );
    const module = await start({ imports: [{ module: Feature, imports: [root], providers: [Sender] }] });
    expect(module.get(Sender, { strict: false }).tasks).toBeInstanceOf(TaskClient);
  });

  it('refuses an unknown option with the nearest known one, and a broker it has no adapter for', async () => {
    await expect(start({ imports: [TaskQueueModule.forRoot({ brokr: memory() } as never)] })).rejects.toThrow(
      /"brokr".*did you mean "broker"/i,
    );
    await expect(start({ imports: [TaskQueueModule.forRoot({ broker: 'pigeon://u:secret@loft' })] })).rejects.toThrow(
      /pigeon:\/\/u:\*\*\*@loft/,
    );
  });

  it('goes on when a listener of its events throws', async () => {
    const module = await start({ imports: [TaskQueueModule.forRoot({ broker: memory() })], providers: [Mail] });
    module.get(TaskEvents).beforeTaskPublish$.subscribe(() => {
      throw new Error('listener');
    });

    await module.get(TaskClient).for(Mail).send.delay('a');

    expect(await queued(module, 'mail')).toBe(1);
  });
});
