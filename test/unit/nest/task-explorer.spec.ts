import { Controller, Inject, Injectable, Scope, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import {
  ApplicationConfig,
  ExternalContextCreator,
  LazyModuleLoader,
  ModulesContainer,
  NestFactory,
} from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { ApplicationTasks } from '../../../lib/nest/discovery/application-tasks.js';
import { TaskExplorer } from '../../../lib/nest/discovery/task-explorer.js';
import { SentArgumentsValidator } from '../../../lib/nest/enhancers/sent-arguments.validator.js';
import { TaskInvokerCompiler } from '../../../lib/nest/enhancers/task-invoker.compiler.js';
import { resolveTasksOptions } from '../../../lib/options/index.js';
import { every } from '../../../lib/schedules/index.js';
import { AfterTaskReturn, Schedule, Task, TaskDefaults } from '../../../lib/tasks/index.js';
import { contextOf } from './invoker-rig.js';

async function tasksOf(providers: readonly Provider[], rest: Partial<DynamicModule> = {}) {
  class RootModule {}
  const root = { module: RootModule, providers: [...providers], ...rest };
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  const modules = app.get(ModulesContainer);
  const parts = [app.get(ExternalContextCreator), app.get(ApplicationConfig)] as const;
  const explorer = new TaskExplorer({
    modules,
    compiler: new TaskInvokerCompiler(...parts),
    validator: new SentArgumentsValidator(...parts),
    defaults: resolveTasksOptions({}),
  });
  return { app, tasks: new ApplicationTasks(explorer, modules) };
}

async function loaded(providers: readonly Provider[], rest: Partial<DynamicModule> = {}): Promise<ApplicationTasks> {
  const { tasks } = await tasksOf(providers, rest);
  await tasks.load();
  return tasks;
}

const run = (tasks: ApplicationTasks, name: string, ...args: unknown[]): unknown => {
  const task = tasks.tasks.find((each) => each.name === name);
  return task?.invoke(args, contextOf());
};

@Injectable()
class Plain {
  @Task({ name: 'plain.run' })
  run(n: number): number {
    return n + 1;
  }
}

describe('TaskExplorer', () => {
  it.each<[string, Provider]>([
    ['a class', Plain],
    ['a class under another token', { provide: 'T', useClass: Plain }],
    ['a factory', { provide: 'T', useFactory: () => new Plain() }],
    ['an asynchronous factory', { provide: 'T', useFactory: () => Promise.resolve(new Plain()) }],
    ['a value', { provide: 'T', useValue: new Plain() }],
  ])('finds the tasks of %s', async (_what, provider) => {
    const tasks = await loaded([provider]);

    expect(tasks.names()).toEqual(['plain.run']);
    expect(await run(tasks, 'plain.run', 1)).toBe(2);
  });

  it('finds those of a controller', async () => {
    @Controller()
    class Web {
      @Task({ name: 'web.run' })
      run(): string {
        return 'ran';
      }
    }
    const tasks = await loaded([], { controllers: [Web] });

    expect(await run(tasks, 'web.run')).toBe('ran');
  });

  it('finds inherited ones by the name of the class that is provided', async () => {
    abstract class Base {
      @Task()
      run(): string {
        return 'ran';
      }
    }
    @Injectable()
    class Concrete extends Base {}
    const tasks = await loaded([Concrete]);

    expect(tasks.names()).toEqual(['Concrete.run']);
    expect(tasks.find(Base, 'run')?.name).toBe('Concrete.run');
  });

  it('finds those of a request-scoped provider, without making one', async () => {
    let made = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      constructor() {
        made += 1;
      }
      @Task({ name: 'scoped.run' })
      run(): number {
        return made;
      }
    }
    const tasks = await loaded([Scoped]);
    expect(made).toBe(0);

    expect(await run(tasks, 'scoped.run')).toBe(1);
  });

  it('passes by what is no object, has no class, or refuses to be looked at', async () => {
    let isShy = false;
    const shy = new Proxy(
      {},
      {
        get(_of, key) {
          if (key === 'constructor' && isShy) throw new Error('outside of a request');
          return undefined;
        },
      },
    );
    const values: unknown[] = [null, 0, 'text', Plain, { a: 1 }, Object.create(null), shy];

    const { tasks } = await tasksOf(values.map((value, i) => ({ provide: `V${i}`, useFactory: () => value })));
    isShy = true;
    await tasks.load();

    expect(tasks.names()).toEqual([]);
  });

  it('takes a class that two modules and two tokens provide for one', async () => {
    class One {}
    class Two {}
    const tasks = await loaded(
      [
        { provide: 'FACTORY', useFactory: (plain: Plain) => plain, inject: [Plain] },
        { provide: 'ALIAS', useExisting: Plain },
        Plain,
      ],
      {
        imports: [
          { module: One, providers: [Plain] },
          { module: Two, providers: [Plain] },
        ],
      },
    );

    expect(tasks.names()).toEqual(['plain.run']);
  });

  it('refuses one name for two tasks, naming both', async () => {
    class Other {
      @Task({ name: 'plain.run' })
      go(): void {}
    }

    await expect(loaded([Plain, Other])).rejects.toThrow(
      'Task name "plain.run" is declared twice: by Plain.run (RootModule) and by Other.go (RootModule). ' +
        'Give one of them another name in its @Task(), or a namePrefix in the @TaskDefaults() of its class.',
    );
  });

  it('finds a task by its class and method, and no other method', async () => {
    const tasks = await loaded([Plain]);

    expect(tasks.find(Plain, 'run')).toBe(tasks.get('plain.run'));
    expect(tasks.find(Plain, 'go')).toBeUndefined();
    expect(tasks.get('plain.go')).toBeUndefined();
  });

  it('finds it by the class that a test double extends', async () => {
    class Double extends Plain {
      override run(): number {
        return -1;
      }
    }
    const tasks = await loaded([{ provide: Plain, useClass: Double }]);

    expect(tasks.find(Plain, 'run')?.name).toBe('plain.run');
    expect(await run(tasks, 'plain.run', 1)).toBe(-1);
  });

  it('calls hooks on the instance that runs the body', async () => {
    const seen: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Hooked {
      ran = false;
      @Task({ name: 'hooked.run' })
      run(): void {
        this.ran = true;
      }
      @AfterTaskReturn('run')
      after(): void {
        seen.push(this.ran);
      }
    }
    const tasks = await loaded([Hooked]);
    const context = contextOf();
    const [task] = tasks.tasks;

    await task?.invoke([], context);
    await task?.hooks.afterReturn?.[0]?.({ context, state: 'SUCCESS', result: undefined, error: undefined });

    expect(seen).toEqual([true]);
  });

  describe('with factories in decorators', () => {
    const CONFIG = 'CONFIG';
    const provided = { provide: CONFIG, useValue: { queue: 'slow', every: '30s' } };
    interface Config {
      readonly queue: string;
      readonly every: string;
    }

    it('makes options and schedules from providers, also asynchronously', async () => {
      class Made {
        @Schedule({ inject: [CONFIG], useFactory: (config: Config) => every(config.every) })
        @Schedule({ useFactory: () => null })
        @Task({
          name: 'made.run',
          inject: [CONFIG],
          useFactory: (config: Config) => Promise.resolve({ queue: config.queue }),
        })
        run(): void {}
      }
      const tasks = await loaded([provided, Made]);

      expect(tasks.get('made.run')?.options.queue).toBe('slow');
      expect(tasks.schedules.map(({ name, task, schedule }) => [name, task, schedule.toData()])).toMatchObject([
        ['Made.run', 'made.run', { everyMs: 30_000 }],
      ]);
    });

    it('takes a provider of the module of the class before another of the same token', async () => {
      class Made {
        @Task({ name: 'made.run', inject: [CONFIG], useFactory: (config: Config) => ({ queue: config.queue }) })
        run(): void {}
      }
      class Part {}
      const own = { provide: CONFIG, useValue: { queue: 'own' } };
      const tasks = await loaded([provided], { imports: [{ module: Part, providers: [own, Made] }] });

      expect(tasks.get('made.run')?.options.queue).toBe('own');
    });

    it('gives undefined for an optional provider that is not there', async () => {
      class Made {
        @Task({
          name: 'made.run',
          inject: [{ token: 'NO', optional: true }],
          useFactory: (no?: Config) => ({ queue: no?.queue ?? 'none' }),
        })
        run(): void {}
      }

      expect((await loaded([Made])).get('made.run')?.options.queue).toBe('none');
    });

    it('says which task needs a provider that is not there', async () => {
      class Made {
        @Task({ inject: ['NO'], useFactory: () => ({}) })
        run(): void {}
      }

      await expect(loaded([Made])).rejects.toThrow(
        /^Made\.run needs "NO" for its factory in @Task\(\), which cannot be had: /,
      );
    });

    it.each([
      [
        'throws',
        () => {
          throw new Error('no config');
        },
      ],
      ['rejects', () => Promise.reject(new Error('no config'))],
    ])('says which factory %s', async (_how, useFactory) => {
      class Made {
        @Task({ useFactory })
        run(): void {}
      }

      await expect(loaded([Made])).rejects.toThrow('Made.run has a factory in @Task() that failed: no config');
    });

    it('cannot be asked before it is loaded where a factory is asynchronous', async () => {
      class Made {
        @Task({ useFactory: () => Promise.resolve({}) })
        run(): void {}
      }
      const { tasks } = await tasksOf([Made]);

      expect(() => tasks.find(Made, 'run')).toThrow(/no task can be sent before the application is initialized/);
    });
  });

  describe('schedules', () => {
    it('come with their task, arguments and options', async () => {
      class Nightly {
        @Schedule(every('1h'), { name: 'hourly', args: ['a'], options: { queue: 'slow' } })
        @Schedule(every('1d'), { args: ['b'] })
        @Task({ name: 'nightly.run' })
        run(_part: string): void {}
      }

      expect((await loaded([Nightly])).schedules).toMatchObject([
        { name: 'hourly', task: 'nightly.run', args: ['a'], kwargs: {}, options: { queue: 'slow' } },
        { name: 'Nightly.run#2', task: 'nightly.run', args: ['b'], kwargs: {}, options: {} },
      ]);
    });

    it('are refused when their arguments do not fit the task', async () => {
      class Nightly {
        @Schedule(every('1h'), { kwargs: { prat: 'a' } })
        @Task({ name: 'nightly.run' })
        run(_part: string): void {}
      }

      await expect(loaded([Nightly])).rejects.toThrow(
        /^Nightly\.run has arguments in @Schedule\(\) that do not fit it: /,
      );
    });

    it('are refused when two have one name, naming both methods', async () => {
      class First {
        @Schedule(every('1h'), { name: 'tick' })
        @Task()
        run(): void {}
      }
      class Second {
        @Schedule(every('1h'), { name: 'tick' })
        @Task()
        run(): void {}
      }

      await expect(loaded([First, Second])).rejects.toThrow(
        'Schedule entry "tick" is declared twice: on First.run (RootModule) and on Second.run (RootModule).',
      );
    });

    it('are refused without a @Task()', async () => {
      class Nightly {
        @Schedule(every('1h'))
        run(): void {}
      }

      await expect(loaded([Nightly])).rejects.toThrow('Nightly.run has @Schedule() but no @Task()');
    });
  });

  it('takes defaults of the class, and an unknown option is refused with its place', async () => {
    @TaskDefaults({ queue: 'billing', namePrefix: 'billing.' })
    class Billing {
      @Task({ name: 'send' })
      send(): void {}
    }
    class Wrong {
      @Task({ qeue: 'x' } as never)
      run(): void {}
    }

    expect((await loaded([Billing])).get('billing.send')?.options.queue).toBe('billing');
    await expect(loaded([Wrong])).rejects.toThrow(/@Task\(\) of Wrong\.run: qeue/);
  });

  it('finds a module that was loaded lazily when it is asked for one of its tasks', async () => {
    @Injectable()
    class Late {
      constructor(@Inject('WORD') readonly word: string) {}
      @Task({ name: 'late.run' })
      run(): string {
        return this.word;
      }
    }
    class LateModule {}
    const { app, tasks } = await tasksOf([Plain]);
    await tasks.load();
    expect(tasks.find(Late, 'run')).toBeUndefined();

    const late: DynamicModule = {
      module: LateModule as Type,
      providers: [Late, { provide: 'WORD', useValue: 'here' }],
    };
    await app.get(LazyModuleLoader).load(() => late);

    expect(tasks.find(Late, 'run')?.name).toBe('late.run');
    expect(await run(tasks, 'late.run')).toBe('here');
    expect(await run(tasks, 'plain.run', 1)).toBe(2);
  });
});
