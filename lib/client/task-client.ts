import type { DeadLetters, QueueInspection } from '../brokers/index.js';
import { TaskGraph, WideChord, WideGroup, type GroupSignature, type Signature } from '../canvas/index.js';
import { InvalidOptionError } from '../errors/index.js';
import { checkInteger, refuseUnknownKeys } from '../options/index.js';
import type { ResultTuple } from '../protocol/index.js';
import { TaskContext, type ArgumentSender } from '../tasks/index.js';
import { checkArguments } from './check-arguments.js';
import { AsyncResult } from './async-result.js';
import { GraphResult } from './graph/graph-result.js';
import type { GroupResult } from './group-result.js';
import { LazyConnection } from './lazy-connection.js';
import { Publisher } from './publisher.js';
import type { ResultNode, ResultOrigin } from './result-node.js';
import { ResultStore } from './result-store.js';
import { resolveSendOptions, type ApplyAsyncOptions } from './send-options.js';
import type { SendRequest } from './send-request.js';
import { SentTasks } from './sent-tasks.js';
import { sendInBatches, type ReadyToSend, type SendManyOptions, type SendManyResult } from './send-many.js';
import { silentPublishSignals } from './signal-sink.js';
import type { TaskClientSetup } from './task-client.setup.js';
import { taskHandle, type TaskHandle, type TasksOf } from './task-handle.js';
import { ConnectedDeadLetters, ConnectedQueues } from './store-access.js';
import { checkTaskClass, taskProxy, type TaskClass } from './task-proxy.js';
import { checkLinks } from './workflow/check-following.js';
import { sentWideResult, WorkflowSender } from './workflow/workflow-sender.js';

/** A signature that needs no further arguments. */
export type CompleteSignature = Signature<[], unknown>;

const NO_KWARGS: Readonly<Record<string, unknown>> = {};
const IGNORED: ResultOrigin = { isIgnored: true };
const KEPT: ResultOrigin = { isIgnored: false };
/** More are no cheaper: what lives for longer costs the garbage collector more than the confirms do. */
const BATCH_SIZE = 200;

/**
 * Sends tasks and reads their results. Inject it. It connects when it is first used; what is sent in one turn of the event loop goes to the broker in one
 * step, and much of it in up to three, in order, where the broker can work on the first while the others are made.
 */
export class TaskClient extends SentTasks {
  readonly #setup: TaskClientSetup;
  readonly #connection: LazyConnection;
  readonly #publisher: Publisher;
  readonly #results: ResultStore;
  readonly #workflows: WorkflowSender;
  readonly #proxies = new WeakMap<TaskClass, object>();
  /** Messages that were given up: to look at, send again or delete. */
  readonly deadLetters: DeadLetters;
  /** Lengths of queues, emptying and pausing them. */
  readonly queues: QueueInspection;
  #closing: Promise<void> | undefined;

  constructor(setup: TaskClientSetup) {
    const {
      broker,
      backend,
      clock,
      ownsConnections = true,
      signals = silentPublishSignals,
      errors = new Map(),
    } = setup;
    const connection = new LazyConnection(async () => {
      if (ownsConnections) await broker.connect();
    });
    const store = new ResultStore(backend, async () => (ownsConnections ? backend?.connect() : undefined), clock);
    super({ broker, connection, store, clock, errors });
    this.#setup = setup;
    this.#connection = connection;
    this.#results = store;
    this.deadLetters = new ConnectedDeadLetters(broker, () => this.#connection.ready());
    this.queues = new ConnectedQueues(broker, () => this.#connection.ready());
    this.#publisher = new Publisher(broker, this.#connection, signals);
    this.#workflows = new WorkflowSender({
      messages: setup.messages,
      check: (request) => this.#check(request, 'checked'),
      catalog: setup.catalog,
      openChords: (chords) => this.#results.openChords(chords),
      publish: (messages) => this.#publisher.publishAll(messages),
    });
  }

  /**
   * The tasks of a class, typed by its methods: `tasks.for(BillingTasks).sendInvoice.delay('inv_1')`.
   * @throws {TaskNotDeclaredError} when a method is asked for that is no task
   * @throws {InvalidOptionError} when it is no class
   */
  for<T extends object>(target: abstract new (...args: never[]) => T): TasksOf<T> {
    checkTaskClass(target);
    let proxy = this.#proxies.get(target);
    if (proxy === undefined) {
      proxy = taskProxy(target, this.#setup.catalog, (definition) => this.#handle(definition.name, 'checked'));
      this.#proxies.set(target, proxy);
    }
    return proxy as TasksOf<T>;
  }

  /** A task that another application declares, such as a Python one, with the types it is said to have. */
  remote<Args extends readonly unknown[] = readonly unknown[], Result = unknown>(
    name: string,
  ): TaskHandle<Args, Result> {
    return this.#handle(name, 'checked') as unknown as TaskHandle<Args, Result>;
  }

  /**
   * Sends a task by its name. Resolves when the broker has confirmed the message.
   * @throws {TaskArgumentsError | PayloadValidationError} when the task is declared here and refuses the arguments
   * @throws {EncodeError} naming the argument that cannot be sent
   * @throws {BrokerUnavailableError} when the broker cannot be reached; the next call tries again
   */
  send<Result = unknown>(
    name: string,
    args: readonly unknown[] = [],
    options?: ApplyAsyncOptions<Result>,
  ): Promise<AsyncResult<Result>> {
    return this.#send(name, args, options as ApplyAsyncOptions | undefined, 'unchecked') as Promise<
      AsyncResult<Result>
    >;
  }

  /**
   * Sends any number of signatures with one confirm a batch. An array is answered with the results in its order; what is
   * produced on the way, such as rows of a file, passes through bounded memory and is counted.
   * @throws {SendManyError} when not all could be sent: it says which, and why
   */
  sendMany<Out>(
    signatures: readonly Signature<[], Out>[],
    options?: SendManyOptions,
  ): Promise<SendManyResult & { readonly results: readonly AsyncResult<Out>[] }>;
  sendMany(
    signatures: Iterable<CompleteSignature> | AsyncIterable<CompleteSignature>,
    options?: SendManyOptions,
  ): Promise<SendManyResult>;
  async sendMany(
    signatures: Iterable<CompleteSignature> | AsyncIterable<CompleteSignature>,
    options: SendManyOptions = {},
  ): Promise<SendManyResult & { readonly results?: readonly AsyncResult<unknown>[] }> {
    refuseUnknownKeys(options, ['batchSize'], '');
    const batchSize = checkInteger(options.batchSize, BATCH_SIZE, { min: 1 }, 'batchSize');
    const results: (AsyncResult<unknown> | undefined)[] | undefined = Array.isArray(signatures)
      ? Array.from<undefined>({ length: signatures.length })
      : undefined;
    const done = await sendInBatches(
      signatures,
      batchSize,
      {
        nameOf: (signature) => signature.task,
        prepare: (signature) => this.#prepareSignature(signature),
        publish: (messages) => this.#publisher.publishAll(messages),
        onSent: (index, ready) => {
          TaskContext.current()?.recordChild(ready.message.id);
          if (results !== undefined) results[index] = ready.result;
        },
      },
      results && (() => results.map((result) => result?.id)),
    );
    return results === undefined ? done : { ...done, results: results as readonly AsyncResult<unknown>[] };
  }

  /**
   * Sends what begins a workflow: a task, the first step of a chain, all members of a group, or the header of a chord. Resolves when the broker has confirmed it.
   * @throws {InvalidSignatureError} naming the place of what cannot be sent
   * @throws {TaskArgumentsError | PayloadValidationError} when a task that is to be sent now is declared here and refuses its arguments
   * @throws {ChordsNotSupportedError} for a chord, where no result backend counts its parts
   * @throws {EncodeError | MessageTooLargeError | BrokerUnavailableError}
   */
  apply<Outs extends readonly unknown[]>(workflow: GroupSignature<[], Outs>): Promise<GroupResult<Outs>>;
  apply<Out>(workflow: Signature<[], Out>): Promise<AsyncResult<Out>>;
  /** One whose members are taken from an iterable as they are sent, in bounded memory but for their ids. */
  apply<Out>(workflow: WideGroup<Out>): Promise<GroupResult<Out[]>>;
  apply<Out>(workflow: WideChord<Out>): Promise<AsyncResult<Out>>;
  /** A graph: the nodes that wait for nothing. */
  apply<Outs extends Readonly<Record<string, unknown>>>(workflow: TaskGraph<Outs>): Promise<GraphResult<Outs>>;
  async apply(workflow: Signature<[], unknown> | WideGroup | WideChord | TaskGraph): Promise<ResultNode | GraphResult> {
    const result = await this.#sendWorkflow(workflow);
    const context = TaskContext.current();
    if (context !== undefined) context.recordChild(firstOf(result.toTuple()));
    return result;
  }

  async #sendWorkflow(
    workflow: Signature<[], unknown> | WideGroup | WideChord | TaskGraph,
  ): Promise<ResultNode | GraphResult> {
    if (workflow instanceof WideGroup || workflow instanceof WideChord) {
      return sentWideResult(await this.#workflows.sendWide(workflow), this.source);
    }
    const { tuple, ignored } = await this.#workflows.send(workflow);
    return workflow instanceof TaskGraph
      ? new GraphResult(workflow, tuple, this.source, ignored)
      : this.source.resultOf(tuple, ignored);
  }

  /** @internal What is known of a chord; for the task that ends late ones. */
  chordProgress(groupId: string): Promise<{ readonly done: number; readonly size: number } | undefined> {
    return this.#results.chordProgress(groupId);
  }

  /** @internal */
  dropDeadline(groupId: string): Promise<void> {
    return this.#results.dropDeadlines([groupId]);
  }

  /** Connects now rather than with the first use. @throws {BrokerUnavailableError} */
  connect(): Promise<void> {
    return this.#connection.ready();
  }

  /** Sends what was given, ends all waiting for results, and closes what it owns. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { broker, backend, ownsConnections = true } = this.#setup;
    await this.#publisher.close();
    await this.#results.close();
    await this.#connection.settled();
    if (!ownsConnections) return;
    await broker.close();
    await backend?.close();
  }

  #handle(name: string, sender: ArgumentSender): TaskHandle<readonly unknown[], unknown> {
    const send = (args: readonly unknown[], options?: ApplyAsyncOptions): Promise<AsyncResult<unknown>> =>
      this.#send(name, args, options, sender);
    return taskHandle(name, send);
  }

  /** Not async: the publisher's promise is enough. */
  #send(
    task: string,
    args: readonly unknown[] = [],
    options: ApplyAsyncOptions | undefined,
    sender: ArgumentSender,
  ): Promise<AsyncResult<unknown>> {
    try {
      if (!Array.isArray(args)) throw new InvalidOptionError('args', 'an array of arguments', args);
      const { clock, messages } = this.#setup;
      const resolved = resolveSendOptions(options, clock, messages);
      const request: SendRequest = { ...resolved, task, args, kwargs: options?.kwargs ?? NO_KWARGS };
      if (options !== undefined) checkLinks(request, this.#setup.catalog);
      const preparing = this.#prepare(request, sender);
      return preparing instanceof Promise ? preparing.then((ready) => this.#publish(ready)) : this.#publish(preparing);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #publish({ message, result }: ReadyToSend): Promise<AsyncResult<unknown>> {
    const published = this.#publisher.publish(message, result);
    const context = TaskContext.current();
    if (context === undefined) return published;
    return published.then(() => {
      context.recordChild(message.id);
      return result;
    });
  }

  #prepareSignature(signature: CompleteSignature): ReadyToSend | Promise<ReadyToSend> {
    const { messages } = this.#setup;
    if (signature.isBare) {
      const { task, args, kwargs } = signature;
      return this.#prepare({ task, args, kwargs }, 'checked');
    }
    const { requests, chords } = messages.plan(messages.mapOf(signature));
    const [request, ...others] = requests;
    if (request === undefined || others.length > 0 || chords.length > 0) {
      throw new InvalidOptionError('signature', 'of one task', signature.task);
    }
    checkLinks(request, this.#setup.catalog);
    return this.#prepare(request, 'checked'); // its maker's types said what may be left out
  }

  /** Everything that can be refused before anything is published; without a promise where nothing has to be waited for. */
  #prepare(request: SendRequest, sender: ArgumentSender): ReadyToSend | Promise<ReadyToSend> {
    const checking = this.#check(request, sender);
    return checking === undefined ? this.#make(request) : checking.then(() => this.#make(request));
  }

  #check(request: SendRequest, sender: ArgumentSender): Promise<void> | undefined {
    const definition = this.#setup.catalog.get(request.task);
    return definition === undefined ? undefined : checkArguments(definition, request, sender);
  }

  #make(request: SendRequest): ReadyToSend {
    const { messages } = this.#setup;
    const message = messages.create(request);
    const origin = messages.ignoresResult(request) ? IGNORED : KEPT;
    return { message, result: new AsyncResult(message.id, this.source, origin) };
  }
}

/** What a workflow begins with. */
function firstOf(tuple: ResultTuple): ResultTuple {
  let first = tuple;
  for (let above = first[0][1]; above !== null; above = above[0][1]) first = above;
  return first;
}
