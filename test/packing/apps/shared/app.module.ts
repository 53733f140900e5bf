import {
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  Ctx,
  every,
  Schedule,
  Task,
  TaskContext,
  TaskExecutionContext,
  TaskForbidden,
  TaskQueueModule,
  type TaskRequest,
} from 'nest-task-queue';
import { appendFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { map, type Observable } from 'rxjs';

/** Lets only tasks of a tenant run. */
@Injectable()
export class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return typeof TaskExecutionContext.from(context).getRequest().headers['x-tenant'] === 'string';
  }
}

@Injectable()
export class QuotesInterceptor implements NestInterceptor<string, string> {
  intercept(_: ExecutionContext, next: CallHandler<string>): Observable<string> {
    return next.handle().pipe(map((value) => `"${value}"`));
  }
}

@Injectable()
export class TrimPipe implements PipeTransform {
  transform(value: unknown): unknown {
    return typeof value === 'string' ? value.trim() : value;
  }
}

@Injectable()
export class Greeter {
  greet(name: string): string {
    return `Hello ${name}`;
  }
}

/** Made for each run of a task, with what was sent. */
@Injectable({ scope: Scope.REQUEST })
export class Visit {
  constructor(@Inject(REQUEST) readonly request: TaskRequest) {}
}

@Injectable()
export class GreetTasks {
  constructor(private readonly greeter: Greeter) {}

  @UseGuards(TenantGuard)
  @UseInterceptors(QuotesInterceptor)
  @UsePipes(TrimPipe)
  @Task({ name: 'greet', throws: [TaskForbidden] })
  greet(name: string): string {
    return this.greeter.greet(name);
  }

  @Task({ name: 'add' })
  add(a: number, b: number): number {
    return a + b;
  }

  @Task({ name: 'fail', throws: [RangeError] })
  fail(): never {
    throw new RangeError('out of range');
  }

  /** Lasts for long enough that two of them meet where two can run at once. */
  @Task({ name: 'where' })
  async where(): Promise<string> {
    await pause(200);
    return `${process.pid} ${threadId}`;
  }

  @Schedule(every('1s'))
  @Task({ name: 'tick', ignoreResult: true })
  async tick(): Promise<void> {
    await appendFile('ticks', `${process.env['TASK_QUEUE_POOL'] ?? ''}\n`);
  }
}

@Injectable()
export class VisitTasks {
  constructor(private readonly visit: Visit) {}

  @Task({ name: 'visit' })
  async show(at: Date, @Ctx() context: TaskContext): Promise<{ isOwn: boolean; at: Date }> {
    await Promise.resolve();
    return { isOwn: this.visit.request.id === context.id && TaskContext.current()?.id === context.id, at };
  }
}

@Module({
  imports: [TaskQueueModule.forRoot()],
  providers: [GreetTasks, VisitTasks, Greeter, Visit, TenantGuard, QuotesInterceptor, TrimPipe],
})
export class AppModule {}
