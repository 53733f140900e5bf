import { Injectable } from '@nestjs/common';
import { Ctx, Kwargs, Task, TaskContext, type Injected } from 'nest-task-queue';

/** A body that came to its end, or a handler that was told. */
export interface TreeEvent {
  readonly tree: string;
  readonly what: 'ran' | 'told';
  /** Number of the task, or name of the handler. */
  readonly who: number | string;
  readonly redelivered: boolean;
}

interface NodeSettings {
  readonly tree: string;
  readonly n: number;
  readonly fails: boolean;
  readonly retries: number;
}

interface HandlerSettings {
  readonly tree: string;
  readonly handler: string;
}

let note: (event: TreeEvent) => void = () => undefined;
let work = (): Promise<void> => new Promise((resolve) => setImmediate(resolve)); // so that others end in between

/** Says where the bodies of this process note what they do. */
export function noteTreeEvents(sink: (event: TreeEvent) => void): void {
  note = sink;
}

/** Has the bodies of this process take longer than a turn of the event loop. */
export function workOnTrees(body: () => Promise<void>): void {
  work = body;
}

/** The tasks of which random workflows are made. */
@Injectable()
export class TreeTasks {
  @Task({ name: 'node', maxRetries: null })
  async node(
    @Ctx() ctx: Injected<TaskContext>,
    @Kwargs() { tree, n, fails, retries }: NodeSettings & Kwargs,
    ...passed: unknown[]
  ): Promise<unknown> {
    if (ctx.retries < retries) ctx.retry({ countdown: 0 });
    await work();
    note({ tree, what: 'ran', who: n, redelivered: ctx.request.deliveryInfo.redelivered });
    if (fails) throw new Error(`node ${n}`);
    return [n, ...passed];
  }

  @Task({ name: 'handler' })
  handler(@Ctx() ctx: Injected<TaskContext>, @Kwargs() { tree, handler }: HandlerSettings & Kwargs): void {
    note({ tree, what: 'told', who: handler, redelivered: ctx.request.deliveryInfo.redelivered });
  }
}
