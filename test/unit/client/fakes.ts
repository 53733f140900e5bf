import type { ResultBackend, ResultListener, UnreadableListener } from '../../../lib/backends/index.js';
import type { Broker, BrokerCapabilities } from '../../../lib/brokers/index.js';
import { MessageFactory, TaskClient, type ContextPropagator, type TaskClientSetup } from '../../../lib/client/index.js';
import { resolveTasksOptions } from '../../../lib/options/index.js';
import {
  parseTaskMeta,
  formatTaskMeta,
  type OutgoingMessage,
  type ResultRecord,
  type TaskMeta,
} from '../../../lib/protocol/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import {
  resolveTaskOptions,
  TaskContext,
  type TaskCatalog,
  type TaskDefinition,
  type TaskOptions,
  type TaskParameter,
  type TaskRequest,
} from '../../../lib/tasks/index.js';
import { VirtualClock, type Clock } from '../../../lib/time/index.js';

/** A broker that keeps what is published, batch by batch. */
export class FakeBroker implements Broker {
  readonly capabilities: BrokerCapabilities;
  readonly store = 'fake:';
  status: Broker['status'] = 'closed';
  readonly batches: (readonly OutgoingMessage[])[] = [];
  readonly revoked: { readonly ids: readonly string[]; readonly ttlMs: number; readonly running?: unknown }[] = [];
  readonly revocations: Broker['revocations'] = {
    revoke: async (ids, ttlMs, running) =>
      void this.revoked.push({ ids, ttlMs, ...(running !== undefined && { running }) }),
    follow: async () => ({ close: async () => undefined }),
  };
  connects = 0;
  closes = 0;
  /** Thrown by the next `connect`. */
  refusal: Error | undefined;
  /** Awaited by `publish`. */
  gate: Promise<void> | undefined;
  /** Thrown by `publish` for a batch it answers with an error. */
  onPublish: (messages: readonly OutgoingMessage[]) => Error | undefined = () => undefined;

  constructor(capabilities: Partial<BrokerCapabilities> = {}) {
    this.capabilities = { priorityOrder: 'highest-first', parksOnPublish: true, durable: false, ...capabilities };
  }

  get messages(): readonly OutgoingMessage[] {
    return this.batches.flat();
  }

  async connect(): Promise<void> {
    this.connects += 1;
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal) throw refusal;
    this.status = 'ready';
  }

  async declare(): Promise<void> {}

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.status !== 'ready') throw new Error('published before it was connected');
    await this.gate;
    const error = this.onPublish(messages);
    if (error) throw error;
    this.batches.push([...messages]);
  }

  consume(): never {
    throw new Error('a client never consumes');
  }

  async close(): Promise<void> {
    this.closes += 1;
    this.status = 'closed';
  }
}

/** A result backend in memory, with push or without. */
export class FakeBackend implements ResultBackend {
  readonly capabilities;
  readonly store = 'fake:';
  readonly stored = new Map<string, TaskMeta>();
  readonly writes: ResultRecord[] = [];
  readonly fetches: (readonly string[])[] = [];
  /** Tasks whose states cannot be read. */
  readonly unreadable = new Map<string, Error>();
  readonly watched = new Set<string>();
  readonly watch: ResultBackend['watch'];
  watches = 0;
  connects = 0;
  closes = 0;
  failure: Error | undefined;
  #listener: ResultListener | undefined;
  #onUnreadable: UnreadableListener | undefined;

  constructor({ push = true } = {}) {
    this.capabilities = { push, expires: true, keepsSuccess: true };
    this.watch = !push
      ? undefined
      : async (listener, onUnreadable) => {
          this.watches += 1;
          this.#listener = listener;
          this.#onUnreadable = onUnreadable;
          return {
            add: async (ids) => {
              if (this.failure) throw this.failure;
              for (const id of ids) this.watched.add(id);
            },
            remove: (ids) => ids.forEach((id) => this.watched.delete(id)),
            close: async () => this.watched.clear(),
          };
        };
  }

  async connect(): Promise<void> {
    this.connects += 1;
  }

  async storeResults(records: readonly ResultRecord[]): Promise<void> {
    if (this.failure) throw this.failure;
    for (const record of records) {
      this.writes.push(record);
      const meta = parseTaskMeta(
        new Serialization().decode({
          body: formatTaskMeta(record),
          contentType: 'application/json',
          contentEncoding: 'utf-8',
        }),
      );
      if (this.stored.get(record.taskId)?.status === 'SUCCESS') continue;
      this.stored.set(record.taskId, meta);
      if (this.watched.has(record.taskId)) this.#listener?.(meta);
    }
  }

  /** Makes the state of a task one that cannot be read. */
  spoil(taskId: string, error: Error): void {
    this.unreadable.set(taskId, error);
    if (this.watched.has(taskId)) this.#onUnreadable?.(taskId, error);
  }

  /** Stores a state by its value. */
  put(taskId: string, status: string, result: unknown = null, more: Partial<ResultRecord> = {}): Promise<void> {
    return this.storeResults([
      {
        taskId,
        status,
        result: JSON.stringify(result),
        traceback: null,
        children: [],
        dateDoneMs: undefined,
        groupId: undefined,
        parentId: undefined,
        extended: undefined,
        ...more,
      },
    ]);
  }

  async fetch(taskIds: readonly string[]): Promise<readonly (TaskMeta | undefined)[]> {
    if (this.failure) throw this.failure;
    this.fetches.push(taskIds);
    for (const [taskId, error] of this.unreadable) if (taskIds.includes(taskId)) throw error;
    return taskIds.map((id) => this.stored.get(id));
  }

  async forget(taskIds: readonly string[]): Promise<void> {
    for (const id of taskIds) this.stored.delete(id);
  }

  async close(): Promise<void> {
    this.closes += 1;
  }
}

/** A definition as discovery makes it. */
export function define(
  name: string,
  {
    params = [],
    validate,
    ...options
  }: Omit<TaskOptions, 'params'> & {
    readonly params?: readonly (string | TaskParameter)[];
    readonly validate?: TaskDefinition['validate'];
  } = {},
): TaskDefinition {
  return {
    name,
    location: `Tasks.${name}`,
    options: resolveTaskOptions({ name, ...options }, {}, resolveTasksOptions(), `Tasks.${name}`),
    parameters: params.map((each) =>
      typeof each === 'string' ? { kind: 'sent', name: each.replace('?', ''), optional: each.endsWith('?') } : each,
    ),
    ...(validate && { validate }),
  };
}

/** A catalogue in which a class declares the definitions whose names are its methods. */
export function catalogOf(definitions: readonly TaskDefinition[]): TaskCatalog {
  return {
    get: (name) => definitions.find((each) => each.name === name),
    find: (_target, method) => definitions.find((each) => each.name === method || each.name.endsWith(`.${method}`)),
    names: () => definitions.map(({ name }) => name),
  };
}

export interface ClientRig {
  readonly client: TaskClient;
  readonly broker: FakeBroker;
  readonly backend: FakeBackend;
  readonly clock: VirtualClock;
  readonly messages: MessageFactory;
}

/** A client on fakes. */
export function setupClient(
  given: {
    readonly definitions?: readonly TaskDefinition[];
    readonly push?: boolean;
    readonly priorityOrder?: 'lowest-first' | 'highest-first';
    readonly sendsEarlyFrom?: number;
    readonly propagators?: readonly ContextPropagator[];
    readonly tasks?: Parameters<typeof resolveTasksOptions>[0];
    readonly client?: Partial<TaskClientSetup>;
  } = {},
): ClientRig {
  const clock = new VirtualClock();
  const { priorityOrder = 'highest-first', sendsEarlyFrom } = given;
  const broker = new FakeBroker({ priorityOrder, ...(sendsEarlyFrom !== undefined && { sendsEarlyFrom }) });
  const backend = new FakeBackend({ push: given.push ?? true });
  const catalog = catalogOf(given.definitions ?? []);
  const messages = setupFactory({ ...given, clock, catalog });
  return {
    client: new TaskClient({ broker, backend, messages, catalog, clock, ...given.client }),
    broker,
    backend,
    clock,
    messages,
  };
}

export function setupFactory(given: {
  readonly clock: Clock;
  readonly catalog?: TaskCatalog;
  readonly priorityOrder?: 'lowest-first' | 'highest-first';
  readonly propagators?: readonly ContextPropagator[];
  readonly tasks?: Parameters<typeof resolveTasksOptions>[0];
  readonly serialization?: Serialization;
}): MessageFactory {
  return new MessageFactory({
    catalog: given.catalog ?? catalogOf([]),
    tasks: resolveTasksOptions(given.tasks),
    priorityOrder: given.priorityOrder ?? 'highest-first',
    serialization: given.serialization ?? new Serialization(),
    clock: given.clock,
    origin: 'gen1@host',
    propagators: given.propagators ?? [],
  });
}

/** The headers of a message, parsed. */
export function headersOf(message: OutgoingMessage | undefined): Record<string, unknown> {
  return JSON.parse(message?.headers ?? '{}') as Record<string, unknown>;
}

/** Body of a message: args, kwargs, embed. */
export function bodyOf(
  message: OutgoingMessage | undefined,
): [unknown[], Record<string, unknown>, Record<string, unknown>] {
  return JSON.parse(String(message?.body)) as [unknown[], Record<string, unknown>, Record<string, unknown>];
}

/** Runs a function as if a task did. */
export function insideTask<T>(
  body: () => T,
  request: Partial<TaskRequest> = {},
): { readonly value: T; readonly context: TaskContext } {
  const context = new TaskContext(
    { id: 'parent', task: 'outer', rootId: 'root', ...request } as TaskRequest,
    new AbortController().signal,
    {
      updateState: async () => undefined,
      sendEvent: async () => undefined,
      addToChord: () => 'added',
      retry: () => {
        throw new Error('not in this test');
      },
    },
  );
  return { context, value: TaskContext.run(context, body) };
}

/** A turn of the event loop, in which coalesced work goes out. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
