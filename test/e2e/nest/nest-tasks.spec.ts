import {
  Catch,
  createParamDecorator,
  Inject,
  Injectable,
  Module,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type CallHandler,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD, ContextIdFactory, createContextId, REQUEST, type ContextId } from '@nestjs/core';
import { IsEmail } from 'class-validator';
import { AsyncLocalStorage } from 'node:async_hooks';
import { from, map } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ContextPropagator } from '../../../lib/client/index.js';
import { Ignore } from '../../../lib/errors/index.js';
import { TaskExecutionContext, TaskQueueModule } from '../../../lib/nest/index.js';
import { Ctx, Kwargs, Task, TaskContext, type Injected, type TaskRequest } from '../../../lib/tasks/index.js';
import { ownBroker, run, start } from './worker-rig.js';
import { until } from '../../tools/until.js';

const wait = { timeout: '5s' };

/** What keeps a process alive, timers excepted. */
function openHandles(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kind !== 'Timeout')
    .toSorted();
}

/** Whether a timer will fire. Node tells by no public name. */
function isPending(timer: NodeJS.Timeout): boolean {
  return !(timer as unknown as { readonly _destroyed: boolean })._destroyed;
}

class Letter {
  @IsEmail()
  to!: string;
}

const Tenant = createParamDecorator((_: unknown, context: ExecutionContext) => {
  return TaskExecutionContext.from(context).getRequest().headers['x-tenant'];
});

describe('tasks of a Nest application', () => {
  it('get what was sent, their context, keyword arguments and what own decorators fill, with and without enhancers', async () => {
    class Base {
      @Task()
      plain(a: number, @Ctx() context: TaskContext, @Kwargs() rest: Kwargs<{ c?: number }>, b = 2): unknown {
        return [a, b, rest, context.task];
      }
    }
    @UseInterceptors({
      intercept: (_: unknown, next: CallHandler) => next.handle().pipe(map((value: unknown) => ({ value }))),
    })
    class Enhanced extends Base {
      @Task()
      decorated(@Tenant() tenant: Injected<string>, a: number, @Ctx() context: TaskContext): unknown {
        return [tenant, a, context.headers['x-tenant']];
      }
      @Task()
      many(first: number, ...others: number[]): unknown {
        return [first, others];
      }
    }
    class Plain extends Base {}
    @Module({ imports: [TaskQueueModule.forRoot({ broker: ownBroker() })], providers: [Plain, Enhanced] })
    class AppModule {}
    const tasks = await run(AppModule);

    const plain = await tasks.for(Plain).plain.applyAsync([1], { kwargs: { c: 3 } });
    const enhanced = await tasks.for(Enhanced).plain.applyAsync([1], { kwargs: { b: 5, c: 3 } });
    const decorated = await tasks.for(Enhanced).decorated.applyAsync([7], { headers: { 'x-tenant': 'acme' } });
    const many = await tasks.for(Enhanced).many.delay(1, 2, 3);

    expect(await plain.get(wait)).toEqual([1, 2, { c: 3 }, 'Plain.plain']);
    expect(await enhanced.get(wait)).toEqual({ value: [1, 5, { c: 3 }, 'Enhanced.plain'] });
    expect(await decorated.get(wait)).toEqual({ value: ['acme', 7, 'acme'] });
    expect(await many.get(wait)).toEqual({ value: [1, [2, 3]] });
  });

  it('fail as TaskForbidden, once, when a guard refuses', async () => {
    let asked = 0;
    class Guarded {
      @UseGuards({ canActivate: () => (asked++, false) })
      @Task({ name: 'guarded.run', autoretryFor: [Error], maxRetries: 3, defaultRetryDelay: 0 })
      run(): string {
        return 'ran';
      }
    }
    @Module({ imports: [TaskQueueModule.forRoot({ broker: ownBroker() })], providers: [Guarded] })
    class AppModule {}
    const tasks = await run(AppModule);
    const result = await tasks.for(Guarded).run.delay();

    await expect(result.get(wait)).rejects.toMatchObject({ code: 'TQ_TASK_FORBIDDEN', taskName: 'guarded.run' });
    expect(await result.state()).toBe('FAILURE');
    expect(asked).toBe(1);
  });

  it('end as their filter says, while control flow passes it', async () => {
    @Catch()
    class Rescue {
      catch(error: Error): string {
        return `rescued ${error.message}`;
      }
    }
    @UseFilters(Rescue)
    class Filtered {
      @Task()
      fails(): never {
        throw new Error('it');
      }
      @Task({ defaultRetryDelay: 0 })
      retries(@Ctx() context: TaskContext): number {
        return context.retries < 2 ? context.retry() : context.retries;
      }
      @Task()
      ignored(): never {
        throw new Ignore();
      }
    }
    @Module({ imports: [TaskQueueModule.forRoot({ broker: ownBroker() })], providers: [Filtered] })
    class AppModule {}
    const tasks = (await run(AppModule)).for(Filtered);

    const ignored = await tasks.ignored.delay();
    expect(await (await tasks.fails.delay()).get(wait)).toBe('rescued it');
    expect(await (await tasks.retries.delay()).get(wait)).toBe(2);
    expect(await ignored.state()).toBe('PENDING');
  });

  it('are refused by a ValidationPipe before they are sent, and where somebody else sent them', async () => {
    class Post {
      @UsePipes(new ValidationPipe({ transform: true }))
      @Task({ name: 'post.send' })
      send(letter: Letter): boolean {
        return letter instanceof Letter;
      }
    }
    const broker = ownBroker();
    @Module({ imports: [TaskQueueModule.forRoot({ broker })], providers: [Post] })
    class AppModule {}
    @Module({ imports: [TaskQueueModule.forRoot({ broker })] })
    class OtherModule {}
    const tasks = await run(AppModule);
    const { NestFactory } = await import('@nestjs/core');
    const { TaskClient } = await import('../../../lib/client/index.js');
    const other = await NestFactory.createApplicationContext(OtherModule, { logger: false });
    onTestFinished(() => other.close());

    await expect(tasks.for(Post).send.delay({ to: 'nobody' })).rejects.toMatchObject({
      code: 'TQ_PAYLOAD_VALIDATION',
      issues: [{ path: 'letter', message: 'to must be an email' }],
    });
    expect(await (await tasks.for(Post).send.delay({ to: 'a@b.org' })).get(wait)).toBe(true);
    const unchecked = await other.get(TaskClient).send('post.send', [{ to: 'nobody' }]);
    await expect(unchecked.get(wait)).rejects.toMatchObject({ excType: 'BadRequestException' });
  });

  it('return the last value of an Observable', async () => {
    class Streams {
      @Task()
      run() {
        return from([1, 2, 3]);
      }
    }
    @Module({ imports: [TaskQueueModule.forRoot({ broker: ownBroker() })], providers: [Streams] })
    class AppModule {}
    const tasks = await run(AppModule);

    expect(await (await tasks.for(Streams).run.delay()).get(wait)).toBe(3);
  });

  it('run with the guards of the application, unless the module leaves them out', async () => {
    class Simple {
      @Task()
      run(): string {
        return 'ran';
      }
    }
    const guard = { provide: APP_GUARD, useValue: { canActivate: () => false } };
    @Module({ imports: [TaskQueueModule.forRoot({ broker: ownBroker() })], providers: [Simple, guard] })
    class WithModule {}
    @Module({
      imports: [TaskQueueModule.forRoot({ broker: ownBroker(), tasks: { globalEnhancers: false } })],
      providers: [Simple, guard],
    })
    class WithoutModule {}
    const [closed, open] = [await run(WithModule), await run(WithoutModule)];

    await expect((await closed.for(Simple).run.delay()).get(wait)).rejects.toMatchObject({ code: 'TQ_TASK_FORBIDDEN' });
    expect(await (await open.for(Simple).run.delay()).get(wait)).toBe('ran');
  });

  it('get one request-scoped provider each, and one durable provider a tenant', async () => {
    const tenants = new Map<unknown, ContextId>();
    ContextIdFactory.apply({
      attach(contextId: ContextId, request: TaskRequest) {
        const tenantId = request.headers['x-tenant'];
        const tenant = tenants.get(tenantId) ?? createContextId();
        tenants.set(tenantId, tenant);
        return { resolve: (info) => (info.isTreeDurable ? tenant : contextId), payload: { tenantId } };
      },
    });
    onTestFinished(() => ContextIdFactory.apply(undefined as never));
    let made = 0;
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class TenantTasks {
      readonly number = ++made;
      runs = 0;
      constructor(@Inject(REQUEST) readonly payload: { tenantId: string }) {}
      @Task()
      run(): unknown {
        return [this.payload.tenantId, this.number, ++this.runs];
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class RequestTasks {
      runs = 0;
      constructor(@Inject(REQUEST) readonly request: TaskRequest) {}
      @Task()
      run(): unknown {
        return [this.request.task, ++this.runs];
      }
    }
    @Module({ imports: [TaskQueueModule.forRoot({ broker: ownBroker() })], providers: [TenantTasks, RequestTasks] })
    class AppModule {}
    const tasks = await run(AppModule);
    const of = async (tenant: string) => {
      const result = await tasks.for(TenantTasks).run.applyAsync([], { headers: { 'x-tenant': tenant } });
      return result.get(wait);
    };

    expect([await of('a'), await of('b'), await of('a')]).toEqual([
      ['a', 1, 1],
      ['b', 2, 1],
      ['a', 1, 2],
    ]);
    expect(await (await tasks.for(RequestTasks).run.delay()).get(wait)).toEqual(['RequestTasks.run', 1]);
    expect(await (await tasks.for(RequestTasks).run.delay()).get(wait)).toEqual(['RequestTasks.run', 1]);
  });

  it('run in the context that a propagator carried from where they were sent', async () => {
    const broker = ownBroker();
    const store = new AsyncLocalStorage<{ readonly user: unknown }>();
    const propagator: ContextPropagator = {
      capture: () => ({ 'x-user': store.getStore()?.user }),
      run: (headers, body) => store.run({ user: headers['x-user'] }, body),
    };
    class Whoami {
      constructor(@Inject('STORE') readonly store: AsyncLocalStorage<{ readonly user: unknown }>) {}
      @Task()
      run(): unknown {
        return [this.store.getStore()?.user, TaskContext.current()?.task];
      }
    }
    @Module({
      imports: [
        TaskQueueModule.forRootAsync({
          inject: ['STORE'],
          imports: [
            { module: class StoreModule {}, providers: [{ provide: 'STORE', useValue: store }], exports: ['STORE'] },
          ],
          useFactory: () => ({ broker, propagators: [propagator] }),
        }),
      ],
      providers: [Whoami, { provide: 'STORE', useValue: store }],
    })
    class AppModule {}
    const tasks = await run(AppModule);

    const [a, b] = await Promise.all(
      ['ann', 'bob'].map((user) => store.run({ user }, () => tasks.for(Whoami).run.delay())),
    );

    expect(await a?.get(wait)).toEqual(['ann', 'Whoami.run']);
    expect(await b?.get(wait)).toEqual(['bob', 'Whoami.run']);
  });

  it('run what an instrument of the application put around them', async () => {
    const seen: string[] = [];
    class Traced {
      @Task()
      run(): string {
        return 'ran';
      }
      onModuleInit(): void {
        const { run } = this;
        this.run = () => {
          seen.push('span');
          return run.call(this);
        };
      }
    }
    @Module({ imports: [TaskQueueModule.forRoot({ broker: ownBroker() })], providers: [Traced] })
    class AppModule {}
    const tasks = await run(AppModule);

    expect(await (await tasks.for(Traced).run.delay()).get(wait)).toBe('ran');
    expect(seen).toEqual(['span']);
  });

  it('run for the instance whose client sent them', async () => {
    class Where {
      @Task()
      run(@Ctx() context: TaskContext): string {
        return context.request.hostname;
      }
    }
    @Module({
      imports: [
        TaskQueueModule.forRoot({ broker: ownBroker() }),
        TaskQueueModule.forRoot({ broker: ownBroker(), name: 'billing' }),
      ],
      providers: [Where],
    })
    class AppModule {}
    const main = await run(AppModule, { name: 'main@here' });
    const billing = await run(AppModule, { name: 'billing@here', instance: 'billing' });

    expect(await (await main.for(Where).run.delay()).get(wait)).toBe('main@here');
    expect(await (await billing.for(Where).run.delay()).get(wait)).toBe('billing@here');
  });

  it('leave nothing open once application and worker are closed', async () => {
    class Simple {
      @Task()
      run(): string {
        return 'ran';
      }
    }
    @Module({ imports: [TaskQueueModule.forRoot({ broker: ownBroker() })], providers: [Simple] })
    class AppModule {}
    const timers = vi.spyOn(globalThis, 'setTimeout'); // the runner has timers too, made by a function it kept for itself
    const before = openHandles();
    const { tasks, end } = await start(AppModule);
    const result = await tasks.for(Simple).run.delay();
    await result.get(wait);

    await end();

    const opened = (): readonly string[] => {
      const known = [...before]; // of which the runner's own may be gone
      return openHandles().filter((kind) => !known.includes(kind) || known.splice(known.indexOf(kind), 1).length === 0);
    };
    const isClosed = (): boolean => opened().length === 0; // but for an immediate of the runner's, which is gone with its turn
    await until(isClosed, { withinMs: 2_000, what: 'Nothing more is open', detail: () => opened().join() });
    expect(timers.mock.results.filter(({ value }) => isPending(value as NodeJS.Timeout))).toEqual([]);
    timers.mockRestore();
  });
});
