import { randomUUID } from 'node:crypto';
import { MaxRetriesExceededError, Retry, SoftTimeLimitExceeded, type Replacement } from '../errors/index.js';
import { TaskContext, type RetryOptions, type TaskRequest } from '../tasks/index.js';

/** What a fake context says; all of it is optional. */
export interface FakeTaskRequest extends Partial<Omit<TaskRequest, 'deliveryInfo'>> {
  readonly deliveryInfo?: Partial<TaskRequest['deliveryInfo']>;
  /** Retries after which `retry()` throws the error instead; `null`: never. @defaultValue 3 */
  readonly maxRetries?: number | null;
}

/** A state that a task has stored while it ran. */
export interface StoredState {
  readonly state: string;
  /** What went with it; `null` for nothing. */
  readonly meta: unknown;
}

/** An event that a task has sent. */
export interface SentEvent {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A context for a direct call of a task's method, without a queue: it records what the method does with it. */
export class FakeTaskContext extends TaskContext {
  /** What the method stored, in order; `progress(value)` is the state `PROGRESS` with that value. */
  readonly states: readonly StoredState[];
  /** What the method told with `sendEvent()`, in order. */
  readonly events: readonly SentEvent[];
  /** Signatures that the method gave to `addToChord()`, in order. */
  readonly addedToChord: readonly Replacement[];
  /** Aborts `signal`. */
  readonly abortController: AbortController;

  constructor(given: FakeTaskRequest = {}) {
    const { maxRetries = 3, ...request } = given;
    const states: StoredState[] = [];
    const events: SentEvent[] = [];
    const added: Replacement[] = [];
    const abortController = new AbortController();
    const full = toRequest(request);
    super(full, abortController.signal, {
      updateState: async (state, meta) => void states.push({ state, meta }),
      sendEvent: async (type, fields) => void events.push({ type, fields }),
      addToChord: (signature) => `added-${added.push(signature)}`,
      retry: (options) => refuseOrRetry(options, full, maxRetries),
    });
    this.states = states;
    this.events = events;
    this.addedToChord = added;
    this.abortController = abortController;
  }

  /** What the method last gave to `progress()`; `undefined` for nothing yet. */
  get lastProgress(): unknown {
    return this.states.findLast(({ state }) => state === 'PROGRESS')?.meta;
  }

  /** Aborts `signal`, as the soft time limit does unless another reason is given. */
  abort(reason: unknown = new SoftTimeLimitExceeded(this.request.softTimeLimitMs)): void {
    this.abortController.abort(reason);
  }

  /** Calls a function so that `TaskContext.current()` finds this context anywhere below it. */
  run<T>(body: () => T): T {
    return TaskContext.run(this, body);
  }
}

/**
 * A context for a unit test of one task method:
 *
 * ```ts
 * const context = fakeTaskContext({ retries: 2 });
 * await context.run(() => new MailTasks(mailer).send('a@b.org', context));
 * expect(context.lastProgress).toEqual({ step: 'connecting' });
 * ```
 */
export function fakeTaskContext(request: FakeTaskRequest = {}): FakeTaskContext {
  return new FakeTaskContext(request);
}

function refuseOrRetry(options: RetryOptions, { task, id, retries }: TaskRequest, ownLimit: number | null): never {
  const { maxRetries = ownLimit } = options;
  if (maxRetries === null || retries < maxRetries) throw new Retry(options);
  // oxlint-disable-next-line typescript/only-throw-error -- as the engine does: what the task gave is what the run fails with
  throw (
    options.error ??
    new MaxRetriesExceededError(`Can't retry ${task}[${id}]: ${retries} of ${maxRetries} retries were made.`)
  );
}

function toRequest({ deliveryInfo, id = randomUUID(), ...request }: FakeTaskRequest): TaskRequest {
  const queue = deliveryInfo?.queue ?? 'celery';
  return {
    id,
    task: 'test.task',
    args: [],
    kwargs: {},
    rootId: id,
    parentId: undefined,
    groupId: undefined,
    groupIndex: undefined,
    retries: 0,
    eta: undefined,
    expires: undefined,
    timeLimitMs: undefined,
    softTimeLimitMs: undefined,
    shadow: undefined,
    origin: undefined,
    lang: 'js',
    hostname: 'worker@test',
    replyTo: undefined,
    correlationId: id,
    ignoreResult: false,
    deliveryInfo: { exchange: '', routingKey: queue, queue, redelivered: false, priority: undefined, ...deliveryInfo },
    headers: {},
    stamps: {},
    stampedHeaders: [],
    replacedTaskNesting: 0,
    ...request,
  };
}
