import type { ResultBackendOptions } from '../backends/index.js';
import type { BrokerOptions } from '../brokers/index.js';
import type { ContextPropagator } from '../client/index.js';
import { maskUrl, schemeOf } from '../connections/index.js';
import { InvalidOptionError, ModuleSetupError } from '../errors/index.js';
import {
  checkGroup,
  readSwitch,
  refuseUnknownKeys,
  resolveBeatOptions,
  resolveControlOptions,
  resolveResultsOptions,
  resolveSerializationOptions,
  resolveTasksOptions,
  resolveWorkerOptions,
  RESULTS_OPTION_NAMES,
  type BeatOptions,
  type ControlOptions,
  type ResolvedBeatOptions,
  type ResolvedControlOptions,
  type ResolvedResultsOptions,
  type ResolvedSerializationOptions,
  type ResolvedTasksOptions,
  type ResultsOptions,
  type SerializationOptions,
  type TasksOptions,
  type WorkerOptions,
} from '../options/index.js';
import { errorRegistry, type ErrorConstructorOf, type ErrorRegistry } from '../protocol/index.js';

/** Options of the adapters of result backends; how long they keep is of the group itself. */
type AdapterOptions = Omit<ResultBackendOptions, 'expiresMs'>;

/** The messaging system: where it is, and the options of the adapter that its URL chooses. */
export interface BrokerModuleOptions extends BrokerOptions {
  /** Its scheme chooses the adapter: `embedded:`, `memory:`. @defaultValue `TASK_QUEUE_BROKER_URL`, else 'embedded:' @source Celery `broker_url` */
  readonly url?: string;
}

/** Where results are kept, and the options of the adapter that its URL chooses. */
export interface ResultsModuleOptions extends ResultsOptions, AdapterOptions {
  /** @defaultValue `TASK_QUEUE_RESULT_URL`, else the broker's own store @source Celery `result_backend` */
  readonly url?: string;
}

/** Options of `TaskQueueModule`. What is given here wins over the environment, the environment over defaults. */
export interface TaskQueueModuleOptions {
  /** A URL, or a group of options. @defaultValue `TASK_QUEUE_BROKER_URL`, else 'embedded:', a file that processes of this machine share */
  readonly broker?: string | BrokerModuleOptions;
  /** A URL, or a group of options; `false` keeps no results. @defaultValue `TASK_QUEUE_RESULT_URL`, else the broker's own store */
  readonly results?: string | false | ResultsModuleOptions;
  /** Defaults for all tasks. */
  readonly tasks?: TasksOptions;
  /** How a worker runs; the worker file's own options win. */
  readonly worker?: WorkerOptions;
  /** How a worker fires `@Schedule()` entries. */
  readonly beat?: BeatOptions;
  /** How workers are commanded and asked by others. */
  readonly control?: ControlOptions;
  readonly serialization?: SerializationOptions;
  /**
   * What travels in the headers of tasks besides what their senders give: a tenant, a trace. With `forRootAsync`, from providers:
   *
   * ```ts
   * // nestjs-cls: the tenant of the request that sends is the tenant of the task
   * TaskQueueModule.forRootAsync({
   *   inject: [ClsService],
   *   useFactory: (cls: ClsService) => ({
   *     propagators: [{
   *       capture: () => ({ 'x-tenant': cls.isActive() ? cls.get('tenant') : undefined }),
   *       run: (headers, body) => cls.runWith({ tenant: headers['x-tenant'] }, body),
   *     }],
   *   }),
   * })
   * ```
   */
  readonly propagators?: readonly ContextPropagator[];
  /** Error classes of the application that failed results and errbacks are rebuilt with, by their names on the wire. */
  readonly errors?: readonly ErrorConstructorOf[];
}

/** The module's options with every default in place. All but `propagators` and `errors` is plain data, which crosses processes. */
export interface ResolvedModuleOptions {
  /** Name of the instance; 'default' unless given. */
  readonly name: string;
  readonly broker: { readonly url: string; readonly options: BrokerOptions };
  /** `url` is `undefined` where no results are kept. */
  readonly results: ResolvedResultsOptions & { readonly url: string | undefined; readonly options: AdapterOptions };
  readonly tasks: ResolvedTasksOptions;
  /** As given, and checked; resolved where the pool is known. */
  readonly worker: WorkerOptions;
  readonly beat: ResolvedBeatOptions;
  readonly control: ResolvedControlOptions;
  readonly serialization: ResolvedSerializationOptions;
  readonly propagators: readonly ContextPropagator[];
  readonly errors: ErrorRegistry;
  /** Nothing names a broker: the embedded store is used, which the log says. */
  readonly isDefaultBroker: boolean;
}

const KNOWN: readonly (keyof TaskQueueModuleOptions)[] = [
  'broker',
  'results',
  'tasks',
  'worker',
  'beat',
  'control',
  'serialization',
  'propagators',
  'errors',
];

/**
 * @param env where `TASK_QUEUE_BROKER_URL`, `TASK_QUEUE_RESULT_URL` and `TASK_QUEUE_BEAT` are looked up
 * @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used
 */
export function resolveModuleOptions(
  given: TaskQueueModuleOptions,
  name: string,
  env: NodeJS.ProcessEnv,
): ResolvedModuleOptions {
  checkGroup(given, 'the options of TaskQueueModule');
  refuseNested(given);
  refuseUnknownKeys(given, KNOWN, '');
  const { worker = {}, propagators = [], errors = [] } = given;
  const { broker, results, isDefaultBroker } = resolveStores(given, env);
  const tasks = resolveTasksOptions(given.tasks);
  checkWorker(worker, tasks.defaultQueue);
  checkPropagators(propagators);
  checkErrors(errors);
  return {
    name,
    broker,
    results,
    tasks,
    worker,
    beat: resolveBeatOptions(given.beat, switchOf(env, 'TASK_QUEUE_BEAT')),
    control: resolveControlOptions(given.control),
    serialization: resolveSerializationOptions(given.serialization),
    propagators,
    errors: errorRegistry(errors),
    isDefaultBroker,
  };
}

/** What shapes the module has to be known before its options are made. */
function refuseNested(given: object): void {
  for (const key of ['name', 'isGlobal']) {
    if (Object.hasOwn(given, key)) {
      throw new ModuleSetupError(
        `"${key}" of TaskQueueModule.forRootAsync() stands beside useFactory, not in what it returns: forRootAsync({ ${key}: …, useFactory }).`,
      );
    }
  }
}

const EMBEDDED = ['embedded'];
const REDIS = ['redis', 'rediss', 'redis+socket'];

/** Options that only some adapters have, by the schemes of the URLs that they are for. */
const ADAPTER_OPTIONS: Readonly<Record<keyof BrokerOptions | keyof AdapterOptions, readonly string[]>> = {
  durability: EMBEDDED,
  allowNetworkFileSystem: EMBEDDED,
  keyPrefix: REDIS,
  tls: REDIS,
  connectTimeout: REDIS,
  startTimeout: REDIS,
  outageTimeout: REDIS,
  prioritySteps: REDIS,
  visibilityTimeout: REDIS,
  lease: REDIS,
  allowEviction: REDIS,
};
const ADAPTER_NAMES = Object.keys(ADAPTER_OPTIONS) as readonly (keyof typeof ADAPTER_OPTIONS)[];

type Stores = Pick<ResolvedModuleOptions, 'broker' | 'results' | 'isDefaultBroker'>;

function resolveStores(given: TaskQueueModuleOptions, env: NodeJS.ProcessEnv): Stores {
  const broker: BrokerModuleOptions = groupOf(given.broker, 'broker', ['url', ...ADAPTER_NAMES]);
  const isKept = given.results !== false;
  const group = given.results === false ? undefined : given.results;
  const results: ResultsModuleOptions = groupOf(group, 'results', ['url', ...RESULTS_OPTION_NAMES, ...ADAPTER_NAMES]);
  const namedUrl = checkUrl(broker.url, 'broker.url') ?? textOf(env, 'TASK_QUEUE_BROKER_URL');
  const brokerUrl = namedUrl ?? 'embedded:';
  const ownUrl = checkUrl(results.url, 'results.url') ?? textOf(env, 'TASK_QUEUE_RESULT_URL');
  const { expires, extended, chordDeadline, url: _url, ...adapter } = results;
  checkAdapterOptions(broker, brokerUrl, 'broker');
  checkAdapterOptions(adapter, ownUrl ?? brokerUrl, 'results');
  const { url: _brokerUrl, ...brokerOptions } = broker;
  return {
    broker: { url: brokerUrl, options: brokerOptions },
    results: {
      ...resolveResultsOptions({
        ...(expires !== undefined && { expires }),
        ...(extended !== undefined && { extended }),
        ...(chordDeadline !== undefined && { chordDeadline }),
      }),
      url: isKept ? (ownUrl ?? brokerUrl) : undefined,
      options: ownUrl === undefined ? { ...sharedOptions(brokerOptions), ...adapter } : adapter,
    },
    isDefaultBroker: namedUrl === undefined,
  };
}

/** What results in the broker's own store take over from it. Not the key prefix: Celery has two settings for it as well. */
function sharedOptions(broker: BrokerOptions): AdapterOptions {
  const { keyPrefix: _1, prioritySteps: _2, visibilityTimeout: _3, lease: _4, allowEviction: _5, ...shared } = broker;
  return shared;
}

function checkAdapterOptions(given: BrokerOptions & AdapterOptions, url: string, path: string): void {
  for (const name of ADAPTER_NAMES) {
    const value = given[name];
    const schemes = ADAPTER_OPTIONS[name];
    if (value === undefined || schemes.includes(schemeOf(url))) continue;
    const known = schemes.map((scheme) => `"${scheme}:"`).join(', ');
    throw new InvalidOptionError(`${path}.${name}`, `left out with "${maskUrl(url)}": it is for ${known} only`, value);
  }
}

/** A group of options; a text stands for its URL. */
function groupOf(given: string | object | undefined, path: string, known: readonly string[]): object {
  if (given === undefined) return {};
  if (typeof given === 'string') return { url: given };
  if (typeof given !== 'object' || given === null) {
    throw new InvalidOptionError(path, `a URL${path === 'results' ? ', false' : ''} or an object of options`, given);
  }
  refuseUnknownKeys(given, known, path);
  return given;
}

function checkUrl(url: string | undefined, option: string): string | undefined {
  if (url === undefined) return undefined;
  if (typeof url !== 'string' || url === '')
    throw new InvalidOptionError(option, 'a URL such as "embedded:" or "memory:"', url);
  return url;
}

/** What has to be known before the application boots. */
const WORKER_FILE_OPTIONS = ['pool', 'childConcurrency', 'entry', 'instance', 'logger'];

/** The pool is not known here, so that what depends on it is checked where a worker starts. */
function checkWorker(worker: WorkerOptions, defaultQueue: string): void {
  checkGroup(worker, 'worker');
  const misplaced = WORKER_FILE_OPTIONS.find((name) => Object.hasOwn(worker, name));
  if (misplaced !== undefined) {
    throw new ModuleSetupError(
      `"worker.${misplaced}" has to be known before the application boots, so it stands in the worker file: ` +
        `TaskWorkerFactory.run(AppModule, { ${misplaced}: … }).`,
    );
  }
  resolveWorkerOptions(worker, { pool: 'prefork', cores: 1, host: 'localhost', pid: 1, defaultQueue });
}

function checkPropagators(given: readonly ContextPropagator[]): void {
  if (!Array.isArray(given)) throw new InvalidOptionError('propagators', 'an array of context propagators', given);
  given.forEach((each: Partial<ContextPropagator> | undefined, index) => {
    if (typeof each?.capture === 'function' && typeof each.run === 'function') return;
    throw new InvalidOptionError(`propagators[${index}]`, 'an object with the methods capture() and run()', each);
  });
}

function checkErrors(given: readonly ErrorConstructorOf[]): void {
  if (!Array.isArray(given)) throw new InvalidOptionError('errors', 'an array of error classes', given);
  given.forEach((each: unknown, index) => {
    if (typeof each !== 'function') throw new InvalidOptionError(`errors[${index}]`, 'an error class', each);
  });
}

function switchOf(env: NodeJS.ProcessEnv, name: string): boolean | undefined {
  const text = textOf(env, name);
  return text === undefined ? undefined : readSwitch(text, name);
}

function textOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name];
  return text === undefined || text === '' ? undefined : text;
}
