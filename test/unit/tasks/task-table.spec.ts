import { describe, expect, it } from 'vitest';
import { TaskDeclarationError } from '../../../lib/errors/index.js';
import { crontab, every } from '../../../lib/schedules/index.js';
import {
  AfterTaskReturn,
  BeforeTaskStart,
  checkSchedule,
  Ctx,
  OnTaskFailure,
  OnTaskRetry,
  OnTaskSuccess,
  readTaskTable,
  Schedule,
  Task,
  TaskContext,
  TaskDefaults,
  type TaskOptions,
} from '../../../lib/tasks/index.js';

const HOURLY = every('1h');
const NIGHTLY = crontab('0 3 * * *');

function tasksOf(target: object) {
  return Object.fromEntries(readTaskTable(target).tasks.map((task) => [task.method, task]));
}

describe('readTaskTable: tasks', () => {
  it('lists the tasks of a class with their options, in the order of the source', () => {
    class BillingTasks {
      @Task({ name: 'billing.send', queue: 'important' })
      send(_id: string) {}

      @Task()
      close() {}

      helper() {}
    }

    const table = readTaskTable(BillingTasks);

    expect(table.className).toBe('BillingTasks');
    expect(table.tasks).toEqual([
      {
        method: 'send',
        location: 'BillingTasks.send',
        options: { name: 'billing.send', queue: 'important' },
        factory: undefined,
        schedules: [],
        hooks: {},
      },
      { method: 'close', location: 'BillingTasks.close', options: {}, factory: undefined, schedules: [], hooks: {} },
    ]);
    expect(readTaskTable(BillingTasks.prototype)).toEqual(table);
  });

  it('refuses a method that was compiled without experimentalDecorators', () => {
    const decorate = Task({ name: 'a' }) as unknown as (value: () => void, context: object) => void;

    expect(() => decorate(() => undefined, { kind: 'method', name: 'send' })).toThrow(
      'Method "send" has a decorator of a task, but was compiled without "experimentalDecorators".',
    );
  });

  it('has no tasks for a class without decorators, a function and a bare object', () => {
    expect(readTaskTable(class {}).tasks).toEqual([]);
    expect(readTaskTable(() => 1).tasks).toEqual([]);
    expect(readTaskTable(Object.create(null) as object).tasks).toEqual([]);
  });

  it('does not change what the class shows of itself', () => {
    class Tasks {
      @Task()
      run() {}
    }

    expect(Object.keys(Tasks.prototype)).toEqual([]);
    expect(Object.keys(new Tasks())).toEqual([]);
  });

  it('keeps the options when a decorator above replaces the method', () => {
    class Tasks {
      @((_target: object, _method: string, descriptor: PropertyDescriptor) => {
        descriptor.value = () => 'replaced';
      })
      @Task({ name: 'kept' })
      run(): string {
        return 'original';
      }
    }

    expect(tasksOf(Tasks)['run']?.options).toEqual({ name: 'kept' });
    expect(new Tasks().run()).toBe('replaced');
  });

  it('keeps a factory apart from the name beside it', () => {
    const useFactory = (): TaskOptions => ({ queue: 'q' });
    class Tasks {
      @Task({ name: 'made', inject: ['CONFIG'], useFactory })
      run() {}
    }

    const task = tasksOf(Tasks)['run'];

    expect(task?.options).toEqual({ name: 'made' });
    expect(task?.factory?.useFactory).toBe(useFactory);
    expect(task?.factory?.inject).toEqual(['CONFIG']);
  });

  it('inherits tasks, and takes those of an override instead', () => {
    abstract class Base {
      @Schedule(HOURLY)
      @Task({ name: 'base.a' })
      a() {}

      @Task({ name: 'base.b' })
      b(@Ctx() _ctx: TaskContext) {}

      @Task({ name: 'base.c' })
      c() {}
    }
    class Derived extends Base {
      @Task({ name: 'derived.a' })
      override a() {}

      override b(_ctx: TaskContext) {}
    }

    const tasks = tasksOf(Derived);

    expect(Object.values(tasks).map(({ location, options }) => [location, options.name])).toEqual([
      ['Derived.a', 'derived.a'],
      ['Derived.b', 'base.b'],
      ['Derived.c', 'base.c'],
    ]);
    expect(tasks['a']?.schedules).toHaveLength(1);
    expect(tasksOf(Base)['a']?.options.name).toBe('base.a');
  });

  it('hands down the defaults of a class', () => {
    @TaskDefaults({ queue: 'base', namePrefix: 'base.', maxRetries: 1 })
    class Base {}
    @TaskDefaults({ namePrefix: 'derived.' })
    class Derived extends Base {
      @Task()
      run() {}
    }

    expect(readTaskTable(Derived).defaults).toEqual({ queue: 'base', namePrefix: 'derived.', maxRetries: 1 });
    expect(readTaskTable(Base).defaults).toEqual({ queue: 'base', namePrefix: 'base.', maxRetries: 1 });
  });
});

describe('readTaskTable: schedules', () => {
  it('reads several of one method, above or below its @Task()', () => {
    class Tasks {
      @Schedule(HOURLY)
      @Task()
      @Schedule(NIGHTLY, { name: 'nightly', args: ['all'], options: { queue: 'slow', expires: '1h' } })
      run(_what = 'some') {}
    }

    expect(tasksOf(Tasks)['run']?.schedules).toEqual([
      { name: 'Tasks.run', schedule: HOURLY, factory: undefined, args: [], kwargs: {}, options: {} },
      {
        name: 'nightly',
        schedule: NIGHTLY,
        factory: undefined,
        args: ['all'],
        kwargs: {},
        options: { queue: 'slow', expires: '1h' },
      },
    ]);
  });

  it('numbers those without a name', () => {
    class Tasks {
      @Schedule(HOURLY)
      @Schedule(NIGHTLY)
      @Task()
      run() {}
    }

    expect(tasksOf(Tasks)['run']?.schedules.map(({ name }) => name)).toEqual(['Tasks.run', 'Tasks.run#2']);
  });

  it('keeps a factory for the start of the application', () => {
    const useFactory = () => null;
    class Tasks {
      @Schedule({ inject: ['CONFIG'], useFactory }, { kwargs: { a: 1 } })
      @Task()
      run(_a: number) {}
    }

    expect(tasksOf(Tasks)['run']?.schedules[0]).toMatchObject({
      schedule: undefined,
      factory: { useFactory },
      kwargs: { a: 1 },
    });
  });

  it('holds what a factory made against the contract', () => {
    expect(checkSchedule(HOURLY, 'Tasks.run')).toBe(HOURLY);
    expect(checkSchedule(null, 'Tasks.run')).toBeUndefined();
    expect(checkSchedule(false, 'Tasks.run')).toBeUndefined();
    expect(() => checkSchedule('0 3 * * *' as never, 'Tasks.run')).toThrow(
      `Tasks.run has "0 3 * * *" (string) in @Schedule(), which takes every('30s') or crontab('0 3 * * *'), or a factory of one.`,
    );
    expect(() => checkSchedule(undefined as never, 'Tasks.run')).toThrow('Tasks.run has undefined in @Schedule()');
  });
});

describe('readTaskTable: hooks', () => {
  it('gives the hooks of a class to all of its tasks, or to those they name', () => {
    class Tasks {
      @Task()
      first() {}

      @Task()
      second() {}

      @BeforeTaskStart()
      before() {}

      @OnTaskSuccess('first')
      @OnTaskFailure('first', 'second')
      ended() {}

      @OnTaskRetry('second')
      retried() {}

      @AfterTaskReturn()
      after() {}

      @AfterTaskReturn('second')
      afterSecond() {}
    }

    const { first, second } = tasksOf(Tasks);

    expect(first?.hooks).toEqual({
      beforeStart: ['before'],
      onSuccess: ['ended'],
      onFailure: ['ended'],
      afterReturn: ['after'],
    });
    expect(second?.hooks).toEqual({
      beforeStart: ['before'],
      onFailure: ['ended'],
      onRetry: ['retried'],
      afterReturn: ['after', 'afterSecond'],
    });
  });

  it('gives the hooks of a base class to the tasks of those that inherit it', () => {
    abstract class Audited {
      @OnTaskFailure()
      audit() {}
    }
    class Tasks extends Audited {
      @Task()
      run() {}
    }

    expect(tasksOf(Tasks)['run']?.hooks).toEqual({ onFailure: ['audit'] });
  });

  it('calls a method once that is a hook of a task twice', () => {
    class Tasks {
      @Task()
      run() {}

      @OnTaskFailure('run')
      @OnTaskFailure()
      failed() {}
    }

    expect(tasksOf(Tasks)['run']?.hooks).toEqual({ onFailure: ['failed'] });
  });
});

describe('readTaskTable refuses', () => {
  it.each<[string, () => object, string]>([
    [
      '@Schedule() without @Task()',
      () => {
        class Tasks {
          @Schedule(HOURLY)
          run() {}
        }
        return Tasks;
      },
      `Tasks.run has @Schedule() but no @Task(): put @Task({ name: '…' }) before the method as well.`,
    ],
    [
      '@Ctx() without @Task()',
      () => {
        class Tasks {
          run(@Ctx() _ctx: TaskContext) {}
        }
        return Tasks;
      },
      'Tasks.run has @Ctx() but no @Task()',
    ],
    [
      'two @Task() on one method',
      () => {
        class Tasks {
          @Task({ name: 'a' })
          @Task({ name: 'b' })
          run() {}
        }
        return Tasks;
      },
      'Tasks.run has @Task() twice: a method is one task.',
    ],
    [
      'options beside a factory',
      () => {
        class Tasks {
          @Task({ queue: 'q', useFactory: () => ({}) } as TaskOptions)
          run() {}
        }
        return Tasks;
      },
      'Tasks.run has "queue" beside "useFactory" in @Task(): return it from the factory.',
    ],
    [
      'options that are no object',
      () => {
        class Tasks {
          @Task('billing.send' as TaskOptions)
          run() {}
        }
        return Tasks;
      },
      'Tasks.run has "billing.send" (string) in @Task(), which takes an object of options.',
    ],
    [
      'a static method',
      () => {
        class Tasks {
          @Task()
          static run() {}
        }
        return Tasks;
      },
      'Tasks.run is static: only methods of an instance can be tasks. Take "static" away.',
    ],
    [
      'an accessor',
      () => {
        class Tasks {
          @Task()
          get run() {
            return () => 1;
          }
        }
        return Tasks;
      },
      'Tasks.run is not a method: decorators of tasks stand before methods only.',
    ],
    [
      'a hook of an unknown method',
      () => {
        class Tasks {
          @Task()
          sendInvoice() {}

          @OnTaskFailure(...(['sendInvoise'] as never[]))
          failed() {}
        }
        return Tasks;
      },
      'Tasks.failed is a hook of "sendInvoise", which is no method with @Task() in this class. Did you mean "sendInvoice"?',
    ],
    [
      'a hook of a method that is no task',
      () => {
        class Tasks {
          @Task()
          run() {}

          helper() {}

          @OnTaskFailure('helper')
          failed() {}
        }
        return Tasks;
      },
      'Tasks.failed is a hook of "helper", which is no method with @Task() in this class. Tasks here are: run.',
    ],
    [
      'a schedule that is a text',
      () => {
        class Tasks {
          @Schedule('0 3 * * *' as never)
          @Task()
          run() {}
        }
        return Tasks;
      },
      'Tasks.run has "0 3 * * *" (string) in @Schedule()',
    ],
    [
      'an unknown option of a schedule',
      () => {
        class Tasks {
          @Schedule(HOURLY, { arg: [] } as object)
          @Task()
          run() {}
        }
        return Tasks;
      },
      'Tasks.run has an unknown option "arg" in @Schedule(). Did you mean "args"?',
    ],
    [
      'an unknown option of what a schedule sends',
      () => {
        class Tasks {
          @Schedule(HOURLY, { options: { countdown: 1 } as object })
          @Task()
          run() {}
        }
        return Tasks;
      },
      'Tasks.run has an unknown option "options.countdown" in @Schedule(). Known are: queue,',
    ],
    [
      'arguments of a schedule that are no array',
      () => {
        class Tasks {
          @Schedule(HOURLY, { args: 'all' as unknown as [] })
          @Task()
          run() {}
        }
        return Tasks;
      },
      'Tasks.run has "all" (string) as "args" of @Schedule(), which takes an array.',
    ],
    [
      'a schedule with an empty name',
      () => {
        class Tasks {
          @Schedule(HOURLY, { name: '' })
          @Task()
          run() {}
        }
        return Tasks;
      },
      'Tasks.run has "" (string) as "name" of @Schedule(), which takes a text that is not empty.',
    ],
    [
      'two schedules of one name',
      () => {
        class Tasks {
          @Schedule(HOURLY, { name: 'same' })
          @Schedule(NIGHTLY, { name: 'same' })
          @Task()
          run() {}
        }
        return Tasks;
      },
      'Tasks.run has two schedules named "same": give each a name of its own.',
    ],
  ])('%s', (_what, declare, message) => {
    const target = declare();

    expect(() => readTaskTable(target)).toThrow(TaskDeclarationError);
    expect(() => readTaskTable(target)).toThrow(message);
  });
});
