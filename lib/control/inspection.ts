import type { ActiveQueueInfo, ScheduledTaskInfo, TaskRequestInfo, WorkerStatsInfo } from '../protocol/index.js';
import type { ControlCallOptions } from './control-call.js';
import type { ControlReplies } from './control-replies.js';

/** What asks nodes. */
interface Asking {
  call<T>(
    command: string,
    args: Readonly<Record<string, unknown>>,
    options?: ControlCallOptions,
  ): Promise<ControlReplies<T>>;
}

/** What workers tell of themselves and their tasks; replies are as Celery's, by its names. @source celery/app/control.py `Inspect` */
export class Inspection {
  readonly #control: Asking;

  constructor(control: Asking) {
    this.#control = control;
  }

  /** Who is there: each replies `pong`. */
  ping(options?: ControlCallOptions): Promise<ControlReplies<string>> {
    return this.#control.call('ping', {}, options);
  }

  /** Tasks that run. @param safe their arguments as texts */
  active(options?: ControlCallOptions, safe = false): Promise<ControlReplies<readonly TaskRequestInfo[]>> {
    return this.#control.call('active', safe ? { safe } : {}, options);
  }

  /** Tasks that a worker has and that wait for a slot. */
  reserved(options?: ControlCallOptions): Promise<ControlReplies<readonly TaskRequestInfo[]>> {
    return this.#control.call('reserved', {}, options);
  }

  /** Tasks whose time has not come. Workers of this library leave them in the broker, and each of a queue tells of all. */
  scheduled(options?: ControlCallOptions): Promise<ControlReplies<readonly ScheduledTaskInfo[]>> {
    return this.#control.call('scheduled', {}, options);
  }

  /** Ids of revoked tasks. */
  revoked(options?: ControlCallOptions): Promise<ControlReplies<readonly string[]>> {
    return this.#control.call('revoked', {}, options);
  }

  /** Names of tasks, each with those of these attributes that it has: `proj.add [rate_limit=10/m]`. */
  registered(
    options?: ControlCallOptions,
    attributes: readonly string[] = [],
  ): Promise<ControlReplies<readonly string[]>> {
    return this.#control.call('registered', { taskinfoitems: attributes }, options);
  }

  activeQueues(options?: ControlCallOptions): Promise<ControlReplies<readonly ActiveQueueInfo[]>> {
    return this.#control.call('active_queues', {}, options);
  }

  stats(options?: ControlCallOptions): Promise<ControlReplies<WorkerStatsInfo>> {
    return this.#control.call('stats', {}, options);
  }

  /** Settings by Celery's names. @param withDefaults those as well that nobody has set */
  conf(options?: ControlCallOptions, withDefaults = false): Promise<ControlReplies<Readonly<Record<string, unknown>>>> {
    return this.#control.call('conf', { with_defaults: withDefaults }, options);
  }

  /** What is asked for in reports of bugs. */
  report(options?: ControlCallOptions): Promise<ControlReplies<string>> {
    return this.#control.call('report', {}, options);
  }

  /** Where these tasks are, of those that a worker has. */
  queryTask(
    ids: string | readonly string[],
    options?: ControlCallOptions,
  ): Promise<ControlReplies<Readonly<Record<string, readonly [state: string, info: TaskRequestInfo]>>>> {
    return this.#control.call('query_task', { ids: typeof ids === 'string' ? [ids] : ids }, options);
  }

  /** The logical clock. */
  clock(options?: ControlCallOptions): Promise<ControlReplies<{ readonly clock: number }>> {
    return this.#control.call('clock', {}, options);
  }

  /** Resident memory, such as `57.094MB`. */
  memsample(options?: ControlCallOptions): Promise<ControlReplies<string>> {
    return this.#control.call('memsample', {}, options);
  }

  /** The samples of `memsample` so far. */
  memdump(options?: ControlCallOptions, samples = 10): Promise<ControlReplies<string>> {
    return this.#control.call('memdump', { samples }, options);
  }
}
