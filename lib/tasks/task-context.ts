import { AsyncLocalStorage } from 'node:async_hooks';
import { Replace, type Replacement } from '../errors/index.js';
import type { ResultTuple } from '../protocol/index.js';

/** What a task was called with and by whom; Celery's request. Times are dates, durations milliseconds. */
export interface TaskRequest {
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly rootId: string;
  readonly parentId: string | undefined;
  readonly groupId: string | undefined;
  readonly groupIndex: number | undefined;
  /** How often it was retried before. */
  readonly retries: number;
  readonly eta: Date | undefined;
  readonly expires: Date | undefined;
  readonly timeLimitMs: number | undefined;
  readonly softTimeLimitMs: number | undefined;
  readonly shadow: string | undefined;
  readonly origin: string | undefined;
  /** Of the program that sent it: `js`, `py`. */
  readonly lang: string | undefined;
  /** Node name of the worker that runs it. */
  readonly hostname: string;
  readonly replyTo: string | undefined;
  readonly correlationId: string | undefined;
  readonly ignoreResult: boolean;
  readonly deliveryInfo: {
    readonly exchange: string;
    readonly routingKey: string;
    readonly queue: string;
    readonly redelivered: boolean;
    /** As the sender gave it, 0 to 9, higher is more urgent; `undefined` for none. */
    readonly priority: number | undefined;
  };
  /** The sender's own headers. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly stamps: Readonly<Record<string, unknown>>;
  readonly stampedHeaders: readonly string[];
  readonly replacedTaskNesting: number;
}

/** Options of `ctx.retry()`. */
export interface RetryOptions {
  /** Wait before the next run, in milliseconds or with a unit. @defaultValue the task's `defaultRetryDelay` */
  readonly countdown?: number | string;
  readonly eta?: Date;
  /** Other arguments for the next run. @defaultValue those of this run */
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** @defaultValue the task's `maxRetries`; `null` for ever */
  readonly maxRetries?: number | null;
  /** What made it necessary; thrown when no retry is left. */
  readonly error?: unknown;
  readonly queue?: string;
  readonly priority?: number;
  readonly timeLimit?: number | string;
  readonly softTimeLimit?: number | string;
}

/** What runs a task offers its context. */
export interface TaskContextHost {
  updateState(state: string, meta: unknown): Promise<void>;
  sendEvent(type: string, fields: Readonly<Record<string, unknown>>): Promise<void>;
  /** Adds a task to the chord that this one is a part of, once this run has succeeded. */
  addToChord(signature: Replacement): string;
  /** Makes the control-flow error that ends this run; throws the original error when no retry is left. */
  retry(options: RetryOptions): never;
}

/** The running task, as its body and everything called from it sees it. */
export class TaskContext {
  private static readonly storage = new AsyncLocalStorage<TaskContext>();
  /** What this run has sent so far: tasks by their ids, of workflows the results of what they begin with. */
  private readonly sent: (string | ResultTuple)[] = [];
  readonly #host: TaskContextHost;
  readonly #signal: AbortSignal | (() => AbortSignal);
  #request: TaskRequest | (() => TaskRequest);

  /** @param request and signal, or what makes them, for an engine that does so only for those who ask */
  constructor(
    request: TaskRequest | (() => TaskRequest),
    signal: AbortSignal | (() => AbortSignal),
    host: TaskContextHost,
  ) {
    this.#request = request;
    this.#signal = signal;
    this.#host = host;
  }

  /** What it was called with and by whom. */
  get request(): TaskRequest {
    if (typeof this.#request === 'function') this.#request = this.#request();
    return this.#request;
  }

  /** The context of the task that is running, anywhere below it; `undefined` outside of one. */
  static current(): TaskContext | undefined {
    return TaskContext.storage.getStore();
  }

  /** Runs a function below a context. Used by the engine and by tests. */
  static run<T>(context: TaskContext, body: () => T): T {
    return TaskContext.storage.run(context, body);
  }

  /** Aborts on the soft time limit, on revocation, on a cold shutdown and when the lease is lost. */
  get signal(): AbortSignal {
    return typeof this.#signal === 'function' ? this.#signal() : this.#signal;
  }

  get id(): string {
    return this.request.id;
  }

  get task(): string {
    return this.request.task;
  }

  get retries(): number {
    return this.request.retries;
  }

  /** The sender's own headers. */
  get headers(): Readonly<Record<string, unknown>> {
    return this.request.headers;
  }

  /** Stores the state `PROGRESS` with this value; `AsyncResult.info()` and `updates$` show it. */
  progress(value: unknown): Promise<void> {
    return this.#host.updateState('PROGRESS', value);
  }

  /** Stores a state of your own, in upper case. */
  updateState(state: string, meta?: unknown): Promise<void> {
    return this.#host.updateState(state, meta ?? null);
  }

  /**
   * Tells all who listen to events, such as `TaskEvents.cluster.of('order-shipped')`, Flower and Celery's receivers: an event of your own about this task, whose id goes
   * along as `uuid`. Sent whether or not the worker sends events of tasks.
   * @param type two words or more joined by dashes
   * @throws {InvalidEventError} for a type that workers tell by themselves, and for a field that all events have
   * @source celery/app/task.py `Task.send_event`
   */
  sendEvent(type: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.#host.sendEvent(type, fields);
  }

  /** Ends this run and sends it again later: `throw ctx.retry()` or just `ctx.retry()`. */
  retry(options: RetryOptions = {}): never {
    return this.#host.retry(options);
  }

  /**
   * Ends this run and sends another task, or a workflow, in its place: that one has this task's id, so that who waits for its result gets that of the other, and what was to follow
   * this task, such as the next step of its chain, follows the other.
   * @source celery/app/task.py `Task.replace`
   */
  replace(signature: Replacement): never {
    throw new Replace(signature);
  }

  /**
   * Adds a task to the header of the chord that this one is a part of: its body waits for that one as well, and gets its result after those that were there. It is sent when this run
   * has succeeded, so that a run that is repeated adds it once.
   * @returns the id of the task
   * @throws {InvalidOptionError} when this task is no part of a chord
   * @source celery/app/task.py `Task.add_to_chord`
   */
  addToChord(signature: Replacement): string {
    return this.#host.addToChord(signature);
  }

  /** Ids of the tasks and groups this run has sent. Of a chain its first task, of a chord its header. */
  get children(): readonly string[] {
    return this.sent.map((child) => (typeof child === 'string' ? child : child[0][0]));
  }

  /** @internal The same with the members of groups. */
  get sentResults(): readonly (string | ResultTuple)[] {
    return this.sent;
  }

  /** @internal Called by the client for what is sent from below this context. */
  recordChild(child: string | ResultTuple): void {
    this.sent.push(child);
  }
}
