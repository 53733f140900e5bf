import { Inject, Injectable, Scope, UseGuards, UsePipes, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, APP_PIPE, ContextIdFactory, createContextId, REQUEST, type ContextId } from '@nestjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import { TaskExecutionContext } from '../../../lib/nest/enhancers/task-execution-context.js';
import type { TaskRequest } from '../../../lib/tasks/index.js';
import { appWith, contextOf, sent } from './invoker-rig.js';

@Injectable({ scope: Scope.REQUEST })
class RequestTasks {
  readonly made = {};
  constructor(@Inject(REQUEST) readonly request: TaskRequest) {}
  run(): { made: object; request: TaskRequest } {
    return { made: this.made, request: this.request };
  }
}

/** One sub-tree of durable providers for each value of a header. */
function byTenant(): void {
  const tenants = new Map<string, ContextId>();
  ContextIdFactory.apply({
    attach(contextId: ContextId, request: TaskRequest) {
      const tenantId = String(request.headers['x-tenant']);
      const tenant = tenants.get(tenantId) ?? createContextId();
      tenants.set(tenantId, tenant);
      return { resolve: (info) => (info.isTreeDurable ? tenant : contextId), payload: { tenantId } };
    },
  });
}

describe('ExecutionScope', () => {
  afterEach(() => ContextIdFactory.apply(undefined as never));

  it('makes a request-scoped provider for each execution, with the task request as REQUEST', async () => {
    const { compile } = await appWith([RequestTasks]);
    const run = compile(RequestTasks, 'run', []);
    const [first, second] = [contextOf({ id: 'a' }), contextOf({ id: 'b' })];

    const a = (await run([], first)) as ReturnType<RequestTasks['run']>;
    const b = (await run([], second)) as ReturnType<RequestTasks['run']>;

    expect(a.made).not.toBe(b.made);
    expect(a.request).toBe(first.request);
    expect(b.request).toBe(second.request);
  });

  it('does so for a provider that only needs one', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Unit {
      constructor(@Inject(REQUEST) readonly request: TaskRequest) {}
    }
    class Tasks {
      constructor(@Inject(Unit) readonly unit: Unit) {}
      run(): string {
        return this.unit.request.id;
      }
    }
    const { compile } = await appWith([Unit, Tasks]);

    expect(await compile(Tasks, 'run', [])([], contextOf({ id: 'a' }))).toBe('a');
  });

  it('makes a transient provider for each execution', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Tasks {
      count = 0;
      run(): number {
        return ++this.count;
      }
    }
    const { compile } = await appWith([Tasks]);
    const run = compile(Tasks, 'run', []);

    expect([await run(), await run()]).toEqual([1, 1]);
  });

  it('shares one scope between the enhancers and the body', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Unit {
      steps: string[] = [];
    }
    @Injectable()
    class Guard {
      constructor(@Inject(Unit) readonly unit: Unit) {}
      canActivate(context: ExecutionContext): boolean {
        this.unit.steps.push(`guard ${TaskExecutionContext.from(context).getTaskContext().id}`);
        return true;
      }
    }
    @UseGuards(Guard)
    class Tasks {
      constructor(@Inject(Unit) readonly unit: Unit) {}
      run(): string[] {
        return [...this.unit.steps, 'body'];
      }
    }
    const { compile } = await appWith([Unit, Tasks]);
    const run = compile(Tasks, 'run', []);

    expect(await run([], contextOf({ id: 'a' }))).toEqual(['guard a', 'body']);
    expect(await run([], contextOf({ id: 'b' }))).toEqual(['guard b', 'body']);
  });

  it('makes scoped enhancers of the application for a provider that is not scoped', async () => {
    const seen: string[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Guard {
      constructor(@Inject(REQUEST) readonly request: TaskRequest) {}
      canActivate(): boolean {
        seen.push(this.request.id);
        return true;
      }
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Plus {
      readonly by = 1;
      transform(value: number): number {
        return value + this.by;
      }
    }
    @Injectable()
    class Tasks {
      readonly made = {};
      run(n: number): [number, object] {
        return [n, this.made];
      }
    }
    const { compile, app } = await appWith([
      { provide: APP_GUARD, useClass: Guard },
      { provide: APP_PIPE, useClass: Plus },
      Tasks,
    ]);
    const run = compile(Tasks, 'run', [sent('n')]);

    const results = [await run([1], contextOf({ id: 'a' })), await run([2], contextOf({ id: 'b' }))];

    expect(seen).toEqual(['a', 'b']);
    const { made } = app.get(Tasks);
    expect(results).toEqual([
      [2, made],
      [3, made],
    ]);
  });

  it('makes transient enhancers of a task, in the one scope and in the other', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Plus {
      readonly by = 1;
      transform(value: number): number {
        return value + this.by;
      }
    }
    @UsePipes(Plus)
    class Fixed {
      run(n: number): number {
        return n;
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class Allow {
      canActivate(): boolean {
        return true;
      }
    }
    const alone = await appWith([Fixed]);
    const withScoped = await appWith([Fixed, { provide: APP_GUARD, useClass: Allow }]);

    expect(await alone.compile(Fixed, 'run', [sent('n')])([1])).toBe(2);
    expect(await withScoped.compile(Fixed, 'run', [sent('n')])([1])).toBe(2);
  });

  it('takes the provider of its own module where two modules have one of the class', async () => {
    const { NestFactory } = await import('@nestjs/core');
    const { ExecutionScope } = await import('../../../lib/nest/enhancers/execution-scope.js');
    const { ModulesContainer } = await import('@nestjs/core');
    @Injectable({ scope: Scope.REQUEST })
    class Tasks {
      constructor(@Inject('WHERE') readonly where: string) {}
    }
    class One {}
    class Two {}
    class Root {}
    const part = (module: typeof One, where: string) => ({
      module,
      providers: [Tasks, { provide: 'WHERE', useValue: where }],
    });
    const app = await NestFactory.createApplicationContext(
      { module: Root, imports: [part(One, 'one'), part(Two, 'two')] },
      { logger: false },
    );
    const wrappers = [...app.get(ModulesContainer).values()].flatMap((module) => module.providers.get(Tasks) ?? []);

    const opened = await Promise.all(
      wrappers.map((wrapper) =>
        new ExecutionScope({ wrapper, classRef: Tasks as never, method: 'run' }, []).open(contextOf().request),
      ),
    );

    expect(opened.map(({ instance }) => (instance as Tasks).where)).toEqual(['one', 'two']);
  });

  describe('with durable providers', () => {
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class TenantTasks {
      readonly made = {};
      constructor(@Inject(REQUEST) readonly request: { tenantId: string }) {}
      run(): { made: object; tenant: string } {
        return { made: this.made, tenant: this.request.tenantId };
      }
    }
    const of = (tenant: string) => contextOf({ headers: { 'x-tenant': tenant } });

    it('makes one a tenant, not one an execution, with the payload as REQUEST', async () => {
      byTenant();
      const { compile } = await appWith([TenantTasks]);
      const run = compile(TenantTasks, 'run', []);

      const a1 = (await run([], of('a'))) as ReturnType<TenantTasks['run']>;
      const b = (await run([], of('b'))) as ReturnType<TenantTasks['run']>;
      const a2 = (await run([], of('a'))) as ReturnType<TenantTasks['run']>;

      expect(a1.made).toBe(a2.made);
      expect(a1.made).not.toBe(b.made);
      expect([a1.tenant, b.tenant]).toEqual(['a', 'b']);
    });

    it('gives a provider that is not durable the request and the payload together', async () => {
      byTenant();
      const { compile } = await appWith([RequestTasks]);
      const context = of('a');

      const { request } = (await compile(RequestTasks, 'run', [])([], context)) as ReturnType<RequestTasks['run']>;

      expect(request).toEqual({ ...context.request, tenantId: 'a' });
    });
  });
});
