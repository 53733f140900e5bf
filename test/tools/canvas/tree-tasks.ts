import { Injectable } from '@nestjs/common';
import { Ctx, Kwargs, Reject, Task, TaskContext, type Injected } from 'nest-task-queue';
import { MOST_RETRIES, type Conduct } from './conduct.js';

/** A run of a body, or a handler that was told. */
export interface TreeEvent {
  readonly tree: string;
  readonly what: 'ran' | 'told';
  /** Number of the task, or name of the handler. */
  readonly who: number | string;
  readonly redelivered: boolean;
}

interface NodeSettings extends Conduct {
  readonly tree: string;
  readonly n: number;
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

/** What is retried by itself. */
class Flaky extends Error {}

/** The tasks of which random workflows are made. */
@Injectable()
export class TreeTasks {
  @Task({ name: 'node', maxRetries: null, autoretryFor: [Flaky], defaultRetryDelay: 0 })
  node(
    @Ctx() ctx: Injected<TaskContext>,
    @Kwargs() settings: NodeSettings & Kwargs,
    ...passed: unknown[]
  ): Promise<unknown> {
    return behave(ctx, settings, passed);
  }

  @Task({ name: 'limited', maxRetries: MOST_RETRIES, autoretryFor: [Flaky], defaultRetryDelay: 0 })
  limited(
    @Ctx() ctx: Injected<TaskContext>,
    @Kwargs() settings: NodeSettings & Kwargs,
    ...passed: unknown[]
  ): Promise<unknown> {
    return behave(ctx, settings, passed);
  }

  @Task({ name: 'handler' })
  handler(@Ctx() ctx: Injected<TaskContext>, @Kwargs() { tree, handler }: HandlerSettings & Kwargs): void {
    note({ tree, what: 'told', who: handler, redelivered: ctx.request.deliveryInfo.redelivered });
  }
}

async function behave(
  ctx: TaskContext,
  { tree, n, givesBack, early, fails }: NodeSettings,
  passed: readonly unknown[],
): Promise<unknown> {
  const { redelivered } = ctx.request.deliveryInfo;
  const how = early[ctx.retries];
  const isGivenBack = givesBack && ctx.retries === 0 && !redelivered;
  if (!isGivenBack && how === undefined) await work();
  note({ tree, what: 'ran', who: n, redelivered });
  if (isGivenBack) throw new Reject('not yet', { requeue: true });
  if (how === 'asks') ctx.retry({ countdown: 0 });
  if (how === 'breaks' || fails === 'exhausts') throw new Flaky(`node ${n}`);
  if (fails === 'asks') ctx.retry({ maxRetries: early.length, error: new Error(`node ${n}`) });
  if (fails === 'throws') throw new Error(`node ${n}`);
  return [n, ...passed];
}
