import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { ApplicationConfig, ExternalContextCreator, ModulesContainer } from '@nestjs/core';
import { hostname as machineName } from 'node:os';
import { createResultBackend, type ResultBackend } from '../backends/index.js';
import { createBroker, type Broker } from '../brokers/index.js';
import { MessageFactory, TaskClient } from '../client/index.js';
import { TaskControl } from '../control/index.js';
import type { StoreLog } from '../connections/index.js';
import { ModuleSetupError } from '../errors/index.js';
import { TaskEvents, TaskSignals, type CustomEvents, type SentEvents } from '../events/index.js';
import { TaskRegistry, TaskTracer, type ExecutionLog } from '../execution/index.js';
import { currentChildRole } from '../pools/index.js';
import { Serialization } from '../serialization/index.js';
import type { TaskCatalog } from '../tasks/index.js';
import type { Clock } from '../time/index.js';
import { createBuiltinTasks } from './create-builtin-tasks.js';
import { createClusterEvents } from './create-cluster-events.js';
import { createCustomEvents } from './create-custom-events.js';
import { createSentEvents } from './create-sent-events.js';
import { ApplicationCommands } from './discovery/application-commands.js';
import { ApplicationTasks } from './discovery/application-tasks.js';
import { TaskExplorer, type ScheduleEntry } from './discovery/task-explorer.js';
import { SentArgumentsValidator } from './enhancers/sent-arguments.validator.js';
import { TaskInvokerCompiler } from './enhancers/task-invoker.compiler.js';
import type { ResolvedModuleOptions } from './module-options.js';
import { reportSchedule, traitsOf, type WorkerReport } from './worker-report.js';

/** What a host needs of Nest. */
export interface TaskQueueHostParts {
  readonly options: ResolvedModuleOptions;
  readonly modules: ModulesContainer;
  readonly contexts: ExternalContextCreator;
  readonly config: ApplicationConfig;
  readonly clock: Clock;
}

/** What a tracer needs of the worker it runs tasks for. */
export interface TracerParts {
  /** Node name of the worker. */
  readonly hostname: string;
  /** Connected; for the states a task stores while it runs. */
  readonly backend: ResultBackend | undefined;
  readonly log: ExecutionLog;
  /** For the spread of automatic retries: a number in [0, 1). @defaultValue Math.random */
  readonly random?: () => number;
}

/** The module's options as plain data, which crosses processes. */
export type ModuleOptionsReport = Omit<ResolvedModuleOptions, 'propagators' | 'errors'>;

const NAME = 'TaskQueueModule';

/**
 * One instance of `TaskQueueModule`, as a worker needs it: what its application declares, and what to connect with. Knows every task of the application,
 * as every instance does; nothing in it connects before it is used, or ever consumes.
 */
export class TaskQueueHost implements OnModuleInit, OnApplicationShutdown {
  readonly options: ResolvedModuleOptions;
  readonly clock: Clock;
  readonly client: TaskClient;
  readonly events: TaskEvents;
  readonly control: TaskControl;
  /** What others may have workers of the application do. */
  readonly commands: ApplicationCommands;
  /** Where the engine tells what `events` shows. */
  readonly signals: TaskSignals;
  readonly serialization: Serialization;
  readonly #tasks: ApplicationTasks;
  readonly #modules: ModulesContainer;
  readonly #broker: Broker;
  readonly #logger = new Logger(NAME);
  readonly #storeLog: StoreLog = {
    info: (text) => this.#logger.log(text),
    warn: (text) => this.#logger.warn(text),
  };
  /** What tasks tell that run here. */
  readonly #ownEvents: CustomEvents[] = [];
  readonly #sentEvents: SentEvents | undefined;
  #registry: TaskRegistry | undefined;

  /** @throws {UnsupportedUrlError} when no adapter can serve a URL of the options */
  constructor({ options, modules, contexts, config, clock }: TaskQueueHostParts) {
    const { tasks: defaults, serialization, errors } = options;
    const compiler = new TaskInvokerCompiler(contexts, config);
    const validator = new SentArgumentsValidator(contexts, config);
    this.options = options;
    this.clock = clock;
    this.#modules = modules;
    this.#tasks = new ApplicationTasks(new TaskExplorer({ modules, compiler, validator, defaults }), modules);
    this.commands = new ApplicationCommands(modules);
    this.serialization = new Serialization(serialization);
    this.signals = new TaskSignals((error) => this.#listenerFailed(error));
    this.#broker = this.createBroker();
    const hostname = `gen${process.pid}@${machineName()}`;
    this.client = new TaskClient({
      broker: this.#broker,
      backend: this.createResultBackend(),
      messages: this.createMessageFactory(hostname, this.#broker),
      catalog: this.#tasks,
      clock,
      signals: this.signals,
      errors,
    });
    const common = {
      broker: this.#broker,
      connect: () => this.client.connect(),
      namespace: options.control.exchange,
      serialization: this.serialization,
      clock,
    };
    this.control = new TaskControl(common);
    const cluster = createClusterEvents({
      ...common,
      control: this.control,
      log: this.#logger,
      onListenerError: (error) => this.#listenerFailed(error),
    });
    this.events = new TaskEvents(this.signals, cluster);
    if (defaults.sendSentEvent) {
      const parts = { hostname, broker: this.#broker, signals: this.signals, clock, log: this.#logger };
      this.#sentEvents = createSentEvents(parts);
    }
  }

  /** Where its queues are; never holds a password. */
  get store(): string {
    return this.#broker.store;
  }

  /** All tasks of the application, read when it was initialized. */
  get registry(): TaskRegistry {
    return (this.#registry ??= this.#createRegistry());
  }

  get catalog(): TaskCatalog {
    return this.#tasks;
  }

  /** The `@Schedule()` entries that workers of this instance send: all of the application's, or none (`schedulingInstance`). */
  get schedules(): readonly ScheduleEntry[] {
    return this.#schedulingInstance() === this.options.name ? this.#tasks.schedules : [];
  }

  /** What another process has to know of the options. */
  moduleOptionsReport(): ModuleOptionsReport {
    const { propagators: _propagators, errors: _errors, ...report } = this.options;
    return report;
  }

  /** Another connection to the instance's broker, not opened yet. */
  createBroker(): Broker {
    const { url, options } = this.options.broker;
    return createBroker(url, options, { clock: this.clock, log: this.#storeLog });
  }

  /** Another connection to the instance's result backend, not opened yet; `undefined` where no results are kept. */
  createResultBackend(): ResultBackend | undefined {
    const { url, expiresMs, options } = this.options.results;
    if (url === undefined) return undefined;
    return createResultBackend(url, { ...options, expiresMs }, { clock: this.clock, log: this.#storeLog });
  }

  /**
   * Makes messages as the client does.
   * @param origin `gen<pid>@<host>` of a client, the node name of a worker
   * @param broker the one they are for
   */
  createMessageFactory(origin: string, broker: Pick<Broker, 'capabilities'>): MessageFactory {
    const { tasks, propagators } = this.options;
    const { priorityOrder } = broker.capabilities;
    return new MessageFactory({
      catalog: this.#tasks,
      tasks,
      priorityOrder,
      serialization: this.serialization,
      clock: this.clock,
      origin,
      propagators,
      chordDeadlineMs: this.options.results.chordDeadlineMs,
    });
  }

  /** What a supervisor, in this process or another, has to know to work for this instance. */
  workerReport(): WorkerReport {
    const { registry, schedules } = this;
    const { broker, results, tasks, worker, beat, control, serialization } = this.moduleOptionsReport();
    const runnable = registry
      .names()
      .map((name) => registry.get(name))
      .filter((task) => task !== undefined);
    return {
      tasks: runnable.map(traitsOf),
      schedules: schedules.map((entry) => reportSchedule(entry, registry.get(entry.task))),
      commands: this.commands.names,
      options: { broker, results, tasks, worker, beat, control, serialization },
    };
  }

  /** What runs the application's tasks in this process. */
  createTracer({ hostname, ...parts }: TracerParts): TaskTracer {
    const own = createCustomEvents({
      hostname,
      broker: this.#broker,
      connect: () => this.client.connect(),
      serialization: this.serialization,
      clock: this.clock,
      log: this.#logger,
    });
    this.#ownEvents.push(own);
    return new TaskTracer({
      ...parts,
      tasks: this.registry,
      messages: this.createMessageFactory(hostname, this.createBroker()),
      serialization: this.serialization,
      results: this.options.results,
      hostname,
      clock: this.clock,
      signals: this.signals,
      propagators: this.options.propagators,
      errors: this.options.errors,
      sendEvent: (type, fields) => own.send(type, fields),
    });
  }

  /** The application's tasks, and those that every worker has. One of the application's takes the place of a built-in one of its name. */
  #createRegistry(): TaskRegistry {
    const { tasks } = this.#tasks;
    const own = new Set(tasks.map(({ name }) => name));
    const builtin = createBuiltinTasks({
      defaults: this.options.tasks,
      find: (name) => this.registry.get(name),
      client: this.client,
      serialization: this.serialization,
      createResultBackend: () => this.createResultBackend(),
    });
    return new TaskRegistry([...tasks, ...builtin.filter(({ name }) => !own.has(name))]);
  }

  /** @internal Reads the tasks, and refuses an application that could not run. */
  async onModuleInit(): Promise<void> {
    this.#refuseTwins();
    await this.#tasks.load();
    this.commands.load();
    this.#registry = this.#createRegistry();
    if (this.#tasks.schedules.length > 0) this.#schedulingInstance();
    if (this.options.isDefaultBroker && currentChildRole() === undefined) this.#sayEmbedded(); // a worker with children says it itself
  }

  /** @internal The last hook of all: what providers send while they shut down is still sent. */
  async onApplicationShutdown(): Promise<void> {
    await this.control.close();
    await this.events.cluster.close();
    for (const own of this.#ownEvents) await own.close();
    await this.#sentEvents?.close();
    await this.client.close();
    this.signals.complete();
  }

  #hosts(): readonly TaskQueueHost[] {
    const found = new Set<TaskQueueHost>();
    for (const { providers } of this.#modules.values()) {
      for (const { instance } of providers.values()) if (instance instanceof TaskQueueHost) found.add(instance);
    }
    return [...found];
  }

  #refuseTwins(): void {
    const { name } = this.options;
    if (this.#hosts().filter(({ options }) => options.name === name).length < 2) return;
    throw new ModuleSetupError(
      `TaskQueueModule.forRoot() is imported twice under the name "${name}". It is global: import it once, in the root module. ` +
        'For a second broker, give it another name: forRoot({ name: "billing", … }).',
    );
  }

  /** A schedule must not be sent by the workers of two instances: it belongs to the default one, or to the only one. */
  #schedulingInstance(): string {
    const names = this.#hosts().map(({ options }) => options.name);
    if (names.includes('default')) return 'default';
    const [only, ...others] = names;
    if (only !== undefined && others.length === 0) return only;
    throw new ModuleSetupError(
      `The application has @Schedule() entries and several instances of TaskQueueModule (${names.map((name) => `"${name}"`).join(', ')}), ` +
        'none of which is the default one, so nothing says which of them sends what is due. Import one of them without a name.',
    );
  }

  #sayEmbedded(): void {
    this.#logger.log(
      `No broker is configured: tasks and results are kept in ${this.#broker.store}, for processes of this machine. ` +
        'To keep them elsewhere, set "broker" in TaskQueueModule.forRoot(), or TASK_QUEUE_BROKER_URL.',
    );
  }

  #listenerFailed(error: unknown): void {
    this.#logger.error(
      `A listener of TaskEvents failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}
