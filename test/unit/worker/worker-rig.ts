import { randomUUID } from 'node:crypto';
import { createResultBackend, type ResultBackend } from '../../../lib/backends/index.js';
import { createBroker, type Broker, type Consumer, type Delivery } from '../../../lib/brokers/index.js';
import type { SendRequest } from '../../../lib/client/index.js';
import type { WorkerEvents } from '../../../lib/events/index.js';
import type { TaskJob, TaskReply } from '../../../lib/execution/index.js';
import { resolveWorkerOptions, type WorkerOptions } from '../../../lib/options/index.js';
import { MixedPool, type Pool, type PoolOutcome, type RunOptions } from '../../../lib/pools/index.js';
import type { ResultRecord } from '../../../lib/protocol/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import { VirtualClock } from '../../../lib/time/index.js';
import { Worker, type AutoscalerType, type TaskTraits } from '../../../lib/worker/index.js';
import { setupFactory } from '../client/fakes.js';

/** A job that a worker has handed to its pool. */
export interface GivenJob {
  readonly id: string;
  readonly job: TaskJob;
  readonly options: RunOptions;
  /** Its body begins. */
  begin(): void;
  end(outcome: PoolOutcome<TaskReply>): void;
}

/** A pool that does what the test says. Jobs that are cancelled before they began end by themselves, as in every pool. */
export class ScriptedPool implements Pool<TaskJob, TaskReply> {
  readonly given: GivenJob[] = [];
  readonly stops: string[] = [];

  readonly #listeners: (() => void)[] = [];

  constructor(public limit: number) {}

  get size(): number {
    return this.limit;
  }

  grow(count: number): void {
    this.limit += count;
    for (const listener of this.#listeners) listener();
  }

  shrink(count: number): void {
    this.grow(-count);
  }

  onResize(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async start(): Promise<undefined> {}

  run(job: TaskJob, options: RunOptions = {}): Promise<PoolOutcome<TaskReply>> {
    return new Promise((resolve) => this.submit(job, options, resolve));
  }

  submit(job: TaskJob, options: RunOptions, onEnd: (outcome: PoolOutcome<TaskReply>) => void): void {
    let hasBegun = false;
    let hasEnded = false;
    const end = (outcome: PoolOutcome<TaskReply>): void => {
      if (!hasEnded) onEnd(outcome);
      hasEnded = true;
    };
    const cancel = (): void => {
      if (!hasBegun) end({ as: 'lost', started: false, charged: false, reason: 'it was cancelled' });
    };
    if (options.cancellation?.isRequested) return cancel();
    options.cancellation?.onRequest(cancel);
    this.given.push({
      id: String(job.message.headers['id']),
      job,
      options,
      begin: () => {
        hasBegun = true;
        options.onStarted?.({ pid: 1 });
      },
      end,
    });
  }

  async stop(mode: 'drain' | 'kill'): Promise<void> {
    this.stops.push(mode);
    if (mode !== 'kill') return;
    for (const { end } of this.given)
      end({ as: 'lost', started: true, charged: false, reason: 'the pool was stopped' });
  }
}

export function reply(outcome: TaskReply['outcome'], more: Partial<TaskReply> = {}): TaskReply {
  const nothing = {
    records: [],
    successors: [],
    requeue: false,
    error: '',
    traceback: '',
    expected: false,
    runtimeMs: 1,
  };
  return { ...nothing, outcome, ...more };
}

export function done(outcome: TaskReply['outcome'], more: Partial<TaskReply> = {}): PoolOutcome<TaskReply> {
  return { as: 'done', reply: reply(outcome, more) };
}

export function traits(more: Partial<TaskTraits> = {}): TaskTraits {
  return {
    name: 'a',
    acksLate: true,
    acksOnFailure: true,
    acksOnTimeout: true,
    ignoreResult: false,
    storeErrorsEvenIfIgnored: false,
    timeLimitMs: undefined,
    sendsEvents: true,
    ...more,
  };
}

export function success(taskId: string, result: unknown = 1): ResultRecord {
  return {
    taskId,
    status: 'SUCCESS',
    result: JSON.stringify(result),
    traceback: null,
    children: [],
    dateDoneMs: 0,
    groupId: undefined,
    parentId: undefined,
    extended: undefined,
  };
}

/** A connected broker and result backend of one memory store, on a virtual clock. */
export async function openStores(separate = false) {
  const clock = new VirtualClock();
  const url = `memory:${randomUUID()}`;
  const broker: Broker = createBroker(url, {}, { clock });
  const backend: ResultBackend = createResultBackend(separate ? `memory:${randomUUID()}` : url, {}, { clock });
  await broker.connect();
  await backend.connect();
  const messages = setupFactory({ clock });
  const publish = async (request: Partial<SendRequest> = {}): Promise<string> => {
    const message = messages.create({ task: 'a', args: [], kwargs: {}, queue: 'celery', ...request });
    await broker.publish([message]);
    return message.id;
  };
  const logged: string[] = [];
  const write = (level: string) => (line: string) => void logged.push(`${level} ${line}`);
  const log = { log: write('log'), warn: write('warn'), error: write('error') };
  return { clock, broker, backend, messages, publish, logged, log, stats: () => statsOf(broker) };
}

async function statsOf(broker: Broker) {
  if (broker.queues === undefined) throw new Error('The memory broker shows its queues.');
  return broker.queues.stats('celery');
}

/** Takes what waits, as another consumer of the same broker. */
export async function takeAll(consumer: Consumer, count: number): Promise<readonly Delivery[]> {
  return consumer.take(count, new AbortController().signal);
}

export interface WorkerRigOptions {
  readonly slots?: number;
  readonly processes?: number;
  readonly tasks?: readonly TaskTraits[];
  /** Several pools, by name, each with so many slots; `slots` does not count then. */
  readonly pools?: Readonly<Record<string, number>>;
  readonly autoscaler?: AutoscalerType;
  readonly events?: WorkerEvents;
  readonly options?: WorkerOptions;
}

/** A worker that was not started yet, on a scripted pool. */
export async function setupWorker({
  slots = 2,
  processes = slots,
  tasks = [traits()],
  pools,
  options = {},
  autoscaler,
  events,
}: WorkerRigOptions = {}) {
  const stores = await openStores();
  const { broker, backend, clock, log } = stores;
  const parts = Object.entries(pools ?? {}).map(([name, limit]) => ({ name, pool: new ScriptedPool(limit) }));
  const asked = (job: TaskJob): string | undefined => tasks.find(({ name }) => name === job.head?.task)?.pool;
  const pool = new ScriptedPool(slots);
  const told: string[] = [];
  const serialization = new Serialization();
  const worker = new Worker({
    broker,
    backend,
    ...(pools === undefined
      ? { pool }
      : {
          pool: new MixedPool<TaskJob, TaskReply>({ parts, partOf: asked }),
          pools: parts.map((part) => ({ ...part, processes: () => processes })),
        }),
    processes: () => processes,
    autoscaler,
    tasks,
    decode: (message) => serialization.decode(message),
    maxMessageBytes: serialization.maxMessageBytes,
    options: resolveWorkerOptions(options, { pool: 'prefork', cores: 2, host: 'h', pid: 1, defaultQueue: 'celery' }),
    clock,
    log,
    events,
    signals: {
      taskReceived: ({ id }) => void told.push(`received ${id}`),
      taskRevoked: ({ id }, reason, signal) => void told.push(`${reason} ${id}${signal ? ` by ${signal}` : ''}`),
      taskUnknown: ({ id }) => void told.push(`unknown ${id}`),
      taskRejected: () => void told.push('rejected'),
    },
  });
  const stateOf = async (id: string): Promise<string | undefined> => (await backend.fetch([id]))[0]?.status;
  /** The worker stands still until the test goes on: all that can be done at this point of time is done. */
  const partOf = (name: string): ScriptedPool => parts.find((part) => part.name === name)?.pool ?? pool;
  return { ...stores, pool, partOf, worker, told, stateOf, settled: () => clock.settle() };
}
