import { fromWirePriority, type MessageFactory } from '../client/index.js';
import {
  InvalidOptionError,
  MaxRetriesExceededError,
  Retry,
  SoftTimeLimitExceeded,
  type Replacement,
} from '../errors/index.js';
import { argsRepr, derivedId, kwargsRepr, type ResultRecord, type TaskBody, type TaskHead } from '../protocol/index.js';
import {
  TaskContext,
  type RetryOptions,
  type RunnableTask,
  type TaskContextHost,
  type TaskRequest,
} from '../tasks/index.js';
import { parseDuration, type Clock, type Timer } from '../time/index.js';
import type { ResultRecords } from './result-records.js';
import { isExhausted } from './retry-policy.js';
import { StateWriter } from './state-writer.js';
import type { TaskJob } from './task-reply.js';
import { isAbort, isCausedByAbort } from './thrown.js';

/** A task that a run adds to the chord that it is a part of. */
export interface AddedToChord {
  readonly id: string;
  readonly signature: Replacement;
}

/** What a run needs of the process it is in. */
export interface RunSurroundings {
  readonly hostname: string;
  readonly messages: MessageFactory;
  readonly records: ResultRecords;
  readonly clock: Clock;
  /** Stores what a task stores on the way. `undefined` where no results are kept. */
  readonly storeStates: ((records: readonly ResultRecord[]) => Promise<void>) | undefined;
  readonly warn: (message: string) => void;
  readonly sendEvent: (type: string, fields: Readonly<Record<string, unknown>>) => Promise<void>;
}

/** A message, understood. */
export interface ReadJob {
  readonly job: TaskJob;
  readonly task: RunnableTask;
  readonly head: TaskHead;
  readonly body: TaskBody;
}

/** States that a task reaches by what its body does, not by its own word. `STARTED` it may store itself. */
const ENGINE_STATES: ReadonlySet<string> = new Set([
  'PENDING',
  'RECEIVED',
  'RETRY',
  'SUCCESS',
  'FAILURE',
  'REVOKED',
  'REJECTED',
  'IGNORED',
]);
const STATE_NAME = /^[A-Z][A-Z0-9_-]{0,49}$/;

/** One run of a task: its context, its limits, and what it stores on the way. */
export class TaskRun implements TaskContextHost {
  readonly job: TaskJob;
  readonly task: RunnableTask;
  readonly head: TaskHead;
  readonly body: TaskBody;
  readonly context: TaskContext;
  readonly ignoresResult: boolean;
  /** The last error was thrown since no retry was left: it is not to be retried by itself either. */
  isGivenUp = false;
  #signal: AbortSignal | undefined;
  #softController: AbortController | undefined;
  #softLimit: SoftTimeLimitExceeded | undefined;
  #timer: Timer | undefined;
  #states: StateWriter | undefined;
  #hasEnded = false;
  readonly #added: AddedToChord[] = [];

  constructor(
    read: ReadJob,
    private readonly surroundings: RunSurroundings,
    private readonly outer: { readonly signal: AbortSignal },
    readonly startedMs: number,
  ) {
    this.job = read.job;
    this.task = read.task;
    this.head = read.head;
    this.body = read.body;
    this.ignoresResult = read.head.ignoreResult === true || read.task.options.ignoreResult;
    this.context = new TaskContext(
      () => toRequest(this, surroundings),
      () => this.signal,
      this,
    );
  }

  /** Whether an outcome is stored. */
  stores(status: 'SUCCESS' | 'FAILURE' | 'RETRY'): boolean {
    return !this.ignoresResult || (status === 'FAILURE' && this.task.options.storeErrorsEvenIfIgnored);
  }

  /** Sets the timer of the soft limit, where there is one. */
  begin(): void {
    const limitMs = softLimitOf(this);
    if (limitMs === undefined) return;
    this.#timer = this.surroundings.clock.setTimer(() => {
      this.#softLimit = new SoftTimeLimitExceeded(limitMs);
      this.#softController?.abort(this.#softLimit);
    }, limitMs);
  }

  end(): void {
    this.#timer?.cancel();
  }

  /** What a body that threw means: past its soft limit, an aborted operation is that limit; an error of the body's own, whatever its cause, is its answer. */
  explain(thrown: unknown): unknown {
    const limit = this.#softLimit;
    if (limit === undefined || thrown === limit || !isAbort(thrown, limit)) return thrown;
    limit.cause ??= thrown;
    return limit;
  }

  /** Whether a body threw since its worker wants it to stop; it is given back then. */
  isCalledOff(thrown: unknown): boolean {
    if (this.#signal === undefined || !this.outer.signal.aborted) return false; // who never saw the signal has reasons of its own
    return isCausedByAbort(thrown, this.outer.signal.reason);
  }

  get runtimeMs(): number {
    return this.surroundings.clock.monotonic() - this.startedMs;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#makeSignal());
  }

  sendEvent(type: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    return this.surroundings.sendEvent(type, { uuid: this.head.id, ...fields });
  }

  async updateState(state: string, meta: unknown): Promise<void> {
    if (!STATE_NAME.test(state) || ENGINE_STATES.has(state)) {
      throw new InvalidOptionError(
        'state',
        'an upper-case name such as "PROGRESS" that is none of Celery\'s own',
        state,
      );
    }
    await this.store(this.surroundings.records.progress(this, state, meta));
  }

  /** Stores a state in passing; the run does not wait for it, its reply does. Does nothing once the run has ended. */
  async store(record: ResultRecord): Promise<void> {
    const { storeStates, warn } = this.surroundings;
    if (storeStates === undefined || this.ignoresResult || this.#hasEnded) return;
    this.#states ??= new StateWriter(storeStates, warn);
    await this.#states.write(record);
  }

  /** What is still being stored. */
  closeStates(): Promise<void> | undefined {
    this.#hasEnded = true;
    return this.#states?.close();
  }

  /** What this run adds to its chord, by its ids, which are the same in each run of the task. */
  get addedToChord(): readonly AddedToChord[] {
    return this.#added;
  }

  addToChord(signature: Replacement): string {
    const { head, body } = this;
    if (body.chord === undefined || head.groupId === undefined) {
      throw new InvalidOptionError('addToChord()', "used in a task of a chord's header", head.task);
    }
    const id = derivedId(head.id, this.#added.length);
    this.#added.push({ id, signature });
    return id;
  }

  retry(options: RetryOptions): never {
    const { maxRetries = this.task.options.maxRetries } = options;
    for (const option of ['countdown', 'timeLimit', 'softTimeLimit'] as const) {
      const value = options[option];
      if (value !== undefined) parseDuration(value, `retry.${option}`);
    }
    if (!isExhausted(this.head.retries, maxRetries)) throw new Retry(options);
    this.isGivenUp = true;
    throw (options.error ?? this.exhausted()) as Error; // whatever the task gave
  }

  /** For one that gave no error of its own. @source celery/app/task.py `Task.retry` */
  exhausted(): MaxRetriesExceededError {
    const { head, body } = this;
    return new MaxRetriesExceededError(
      `Can't retry ${head.task}[${head.id}] args:${head.argsRepr ?? argsRepr(body.args)} kwargs:${head.kwargsRepr ?? kwargsRepr(body.kwargs)}`,
    );
  }

  #makeSignal(): AbortSignal {
    const outer = this.outer.signal;
    if (softLimitOf(this) === undefined) return outer;
    const controller = new AbortController();
    this.#softController = controller;
    if (outer.aborted) controller.abort(outer.reason);
    else outer.addEventListener('abort', () => controller.abort(outer.reason), { once: true });
    if (this.#softLimit !== undefined) controller.abort(this.#softLimit);
    return controller.signal;
  }
}

function softLimitOf({ head, job, task }: Pick<TaskRun, 'head' | 'job' | 'task'>): number | undefined {
  return head.softTimeLimitMs ?? (job.limits === undefined ? task.options.softTimeLimitMs : job.limits.softMs);
}

function hardLimitOf({ head, job, task }: Pick<TaskRun, 'head' | 'job' | 'task'>): number | undefined {
  return head.timeLimitMs ?? (job.limits === undefined ? task.options.timeLimitMs : job.limits.hardMs);
}

function toRequest(
  { head, body, job, task, ignoresResult }: TaskRun,
  { hostname, messages }: RunSurroundings,
): TaskRequest {
  return {
    id: head.id,
    task: head.task,
    args: body.args,
    kwargs: body.kwargs,
    rootId: head.rootId ?? head.id,
    parentId: head.parentId,
    groupId: head.groupId,
    groupIndex: head.groupIndex,
    retries: head.retries,
    eta: head.etaMs === undefined ? undefined : new Date(head.etaMs),
    expires: head.expiresMs === undefined ? undefined : new Date(head.expiresMs),
    timeLimitMs: hardLimitOf({ head, job, task }),
    softTimeLimitMs: softLimitOf({ head, job, task }),
    shadow: head.shadow,
    origin: head.origin,
    lang: head.lang,
    hostname,
    replyTo: head.replyTo,
    correlationId: head.correlationId,
    ignoreResult: ignoresResult,
    deliveryInfo: {
      exchange: head.exchange,
      routingKey: head.routingKey,
      queue: job.queue,
      redelivered: job.redelivered,
      priority: fromWirePriority(head.priority, messages.priorityOrder),
    },
    headers: head.headers,
    stamps: head.stamps,
    stampedHeaders: head.stampedHeaders ?? [],
    replacedTaskNesting: head.replacedTaskNesting,
  };
}
