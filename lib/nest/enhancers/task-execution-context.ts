import type { ArgumentsHost } from '@nestjs/common';
import { InvalidContextError } from '../../errors/index.js';
import { TaskContext, type TaskRequest } from '../../tasks/index.js';

/** Type of a task's execution context, as `context.getType()` gives it. */
export const TASK_CONTEXT_TYPE = 'task';

/**
 * What a guard, an interceptor, a filter or a parameter decorator sees of a task.
 *
 * ```ts
 * canActivate(context: ExecutionContext): boolean {
 *   if (context.getType<string>() !== 'task') return true;
 *   return TaskExecutionContext.from(context).getRequest().headers['x-role'] === 'admin';
 * }
 * ```
 */
export class TaskExecutionContext {
  readonly #args: readonly unknown[];
  readonly #context: TaskContext;

  private constructor(args: readonly unknown[], context: TaskContext) {
    this.#args = args;
    this.#context = context;
  }

  /** @throws {InvalidContextError} unless the context is that of a task */
  static from(host: ArgumentsHost): TaskExecutionContext {
    const args: unknown[] = host.getArgs();
    const context = args.at(-1);
    if (host.getType<string>() !== TASK_CONTEXT_TYPE || !(context instanceof TaskContext)) {
      throw new InvalidContextError(host.getType<string>());
    }
    return new TaskExecutionContext(args.slice(0, -1), context);
  }

  /** The context of the running task, as `@Ctx()` gives it. */
  getTaskContext(): TaskContext {
    return this.#context;
  }

  /** What the task was called with and by whom. */
  getRequest(): TaskRequest {
    return this.#context.request;
  }

  /** Arguments of the method, one for each parameter; `undefined` for those that its own decorators fill. */
  getArgs(): readonly unknown[] {
    return this.#args;
  }

  getArgByIndex(index: number): unknown {
    return this.#args[index];
  }
}
