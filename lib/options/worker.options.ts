import { InvalidOptionError } from '../errors/index.js';
import type { Duration } from '../time/index.js';
import {
  checkBoolean,
  checkGroup,
  checkInteger,
  checkLimits,
  checkName,
  checkOneOf,
  checkPositiveDuration,
  refuseUnknownKeys,
} from './checks.js';
import { resolveAutoscale, type AutoscaleOptions, type ResolvedAutoscale } from './autoscale.options.js';
import { resolveConcurrencyOption } from './concurrency.options.js';
import { resolveHealthOptions, type HealthOptions, type ResolvedHealthOptions } from './health.options.js';
import { hasChildren, type PoolSurroundings } from './pool.options.js';
import { parseSize, type Size } from './size.js';
import {
  resolveWorkerEvents,
  WORKER_EVENTS_OPTION_NAMES,
  type ResolvedWorkerEvents,
  type WorkerEventsOptions,
} from './worker-events.options.js';

/** What a worker does with a message whose task no provider declares. */
export type UnknownTaskPolicy = 'dead-letter' | 'reject' | 'ack';

/** Options of a worker that the module or the worker file may give; the worker file's win. */
export interface WorkerOptions extends WorkerEventsOptions {
  /**
   * Bodies run at once: processes, threads or, for `async`, calls in flight.
   * @defaultValue the cores this process may use; 100 for `async`; always 1 for `solo`
   * @source Celery `worker_concurrency`
   */
  readonly concurrency?: number;
  /**
   * Tasks after which a process or thread is replaced. Its successor boots first, while it goes on: where tasks are much shorter than that boot takes, it
   * runs more of them, so that recycling costs no more than a part of the worker's time. @defaultValue none @source Celery `worker_max_tasks_per_child`
   */
  readonly maxTasksPerChild?: number;
  /**
   * Memory above which a process or thread is replaced, looked at when a task has ended; its successor boots first. Of a process it is what is resident; a
   * thread has no such figure of its own: there it is its heap with what its values hold outside of it, without code and stack.
   * @unit bytes, or a string such as '200MiB' @defaultValue none @source Celery `worker_max_memory_per_child` (KiB)
   */
  readonly maxMemoryPerChild?: Size;
  /**
   * Whether the remote command `pool_restart` may replace all processes or threads, one by one, by successors that load the application anew.
   * @defaultValue false @source Celery `worker_pool_restarts`
   */
  readonly poolRestarts?: boolean;
  /**
   * Lets the pool grow with what waits, at once, and shrink after a while of having been larger than needed. Begins with `concurrency`, else `min`; sizes
   * count as `concurrency` does. @defaultValue none: the pool keeps its size @source Celery `--autoscale=max,min`
   */
  readonly autoscale?: AutoscaleOptions;
  /**
   * Messages that it holds for each slot, those that run included, however long they wait there; 1 for none beyond its slots, 0 for any number.
   * @defaultValue none: it takes what is about to start, and gives back what waits for a second @source Celery `worker_prefetch_multiplier`
   */
  readonly prefetchMultiplier?: number;
  /** `fair` lets no message wait behind another, neither here nor in a process or thread: for tasks that take long. @defaultValue 'default' @source Celery `-O` */
  readonly optimization?: 'default' | 'fair';
  /** Queues it takes from. @defaultValue `tasks.defaultQueue` @source Celery `-Q` */
  readonly queues?: readonly string[];
  /** Queues of those that it leaves to other workers: for one that takes from all that the module names, but these. @defaultValue none @source Celery `-X` */
  readonly excludeQueues?: readonly string[];
  /** How it visits them within one priority. @defaultValue 'round_robin' @source kombu `queue_order_strategy` */
  readonly queueOrder?: 'round_robin' | 'priority' | 'sorted';
  /** Node name; `%h` is the host, `%p` the process id. @defaultValue 'worker@%h' @source Celery `-n` */
  readonly name?: string;
  /** Losses with its process after which a message is dead-lettered. @defaultValue 3 */
  readonly maxDeliveries?: number;
  /**
   * `dead-letter` keeps the message and stores FAILURE, `reject` only stores FAILURE as Celery does, `ack` forgets it.
   * @defaultValue 'dead-letter'
   */
  readonly unknownTask?: UnknownTaskPolicy;
  /** Hard limit of tasks that have none, of their own or by `tasks.timeLimit`. @defaultValue none @source Celery `--time-limit` */
  readonly timeLimit?: Duration;
  /** Soft limit of tasks that have none, of their own or by `tasks.softTimeLimit`. @defaultValue none @source Celery `--soft-time-limit` */
  readonly softTimeLimit?: Duration;
  /** Whether the rate limits that tasks are declared with are passed over. @defaultValue false @source Celery `worker_disable_rate_limits` */
  readonly disableRateLimits?: boolean;
  /** How long a warm shutdown waits before it aborts `ctx.signal` of what still runs. @defaultValue none @source Celery `worker_soft_shutdown_timeout` */
  readonly softShutdownTimeout?: Duration;
  /** How long a result that cannot be stored is tried again before its message goes back to the queue. @defaultValue '1m' */
  readonly resultStoreTimeout?: Duration;
  /** Where it answers who asks over HTTP how it is. @defaultValue none: it answers nobody */
  readonly health?: HealthOptions;
  /**
   * For how long the worker may wait for messages without having looked for them with success, while its broker is there; then it consumes anew. Looks are
   * a second apart. @defaultValue '15s'
   */
  readonly progressTimeout?: Duration;
  /** Silence of the event loop that runs bodies, the worker's own or a child's, after which a warning names them. @defaultValue '30s' */
  readonly stallWarning?: Duration;
  /** Silence of the event loop after which `solo` and `async` give their messages to other workers. @defaultValue none */
  readonly stallTimeout?: Duration;
}

export interface ResolvedWorkerOptions extends ResolvedWorkerEvents {
  /** How many to begin with, where the pool is autoscaled. */
  readonly concurrency: number;
  readonly autoscale: ResolvedAutoscale | undefined;
  readonly maxTasksPerChild: number | undefined;
  readonly maxMemoryPerChildBytes: number | undefined;
  readonly poolRestarts: boolean;
  readonly prefetchMultiplier: number | undefined;
  readonly optimization: 'default' | 'fair';
  readonly queues: readonly string[];
  readonly queueOrder: 'round_robin' | 'priority' | 'sorted';
  readonly name: string;
  readonly maxDeliveries: number;
  readonly unknownTask: UnknownTaskPolicy;
  readonly timeLimitMs: number | undefined;
  readonly softTimeLimitMs: number | undefined;
  readonly disableRateLimits: boolean;
  readonly softShutdownTimeoutMs: number | undefined;
  readonly resultStoreTimeoutMs: number;
  readonly health: ResolvedHealthOptions | undefined;
  readonly progressTimeoutMs: number;
  readonly stallWarningMs: number;
  readonly stallTimeoutMs: number | undefined;
}

/** What a worker's defaults depend on. */
export interface WorkerSurroundings extends PoolSurroundings {
  readonly cores: number;
  readonly host: string;
  readonly pid: number;
  readonly defaultQueue: string;
}

export const WORKER_OPTION_NAMES: readonly (keyof WorkerOptions)[] = [
  'concurrency',
  'autoscale',
  'maxTasksPerChild',
  'maxMemoryPerChild',
  'poolRestarts',
  'prefetchMultiplier',
  'optimization',
  'queues',
  'excludeQueues',
  'queueOrder',
  'name',
  'maxDeliveries',
  'unknownTask',
  'timeLimit',
  'softTimeLimit',
  'disableRateLimits',
  'softShutdownTimeout',
  'resultStoreTimeout',
  'health',
  'progressTimeout',
  'stallWarning',
  'stallTimeout',
  ...WORKER_EVENTS_OPTION_NAMES,
];

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveWorkerOptions(given: WorkerOptions, around: WorkerSurroundings): ResolvedWorkerOptions {
  checkGroup(given, 'worker');
  refuseUnknownKeys(given, WORKER_OPTION_NAMES, 'worker');
  const autoscale = resolveAutoscale(given.autoscale, around);
  return {
    concurrency: resolveConcurrencyOption(given.concurrency ?? autoscale?.min, around, autoscale),
    autoscale,
    ...resolveRecycling(given, around),
    prefetchMultiplier: resolvePrefetch(given.prefetchMultiplier),
    optimization: checkOneOf(given.optimization, ['default', 'fair'], 'default', 'worker.optimization'),
    queues: resolveQueues(given, around.defaultQueue),
    queueOrder: checkOneOf(given.queueOrder, ['round_robin', 'priority', 'sorted'], 'round_robin', 'worker.queueOrder'),
    name: resolveName(given.name ?? 'worker@%h', around),
    maxDeliveries: checkInteger(given.maxDeliveries, 3, { min: 1 }, 'worker.maxDeliveries'),
    unknownTask: checkOneOf(given.unknownTask, ['dead-letter', 'reject', 'ack'], 'dead-letter', 'worker.unknownTask'),
    ...resolveTimeLimits(given),
    disableRateLimits: checkBoolean(given.disableRateLimits, false, 'worker.disableRateLimits'),
    softShutdownTimeoutMs: checkPositiveDuration(given.softShutdownTimeout, 'worker.softShutdownTimeout'),
    resultStoreTimeoutMs: checkPositiveDuration(given.resultStoreTimeout, 'worker.resultStoreTimeout') ?? 60_000,
    health: resolveHealthOptions(given.health),
    progressTimeoutMs: resolveProgressTimeout(given.progressTimeout),
    stallWarningMs: checkPositiveDuration(given.stallWarning, 'worker.stallWarning') ?? 30_000,
    stallTimeoutMs: checkPositiveDuration(given.stallTimeout, 'worker.stallTimeout'),
    ...resolveWorkerEvents(given),
  };
}

function resolveTimeLimits({
  timeLimit,
  softTimeLimit,
}: WorkerOptions): Pick<ResolvedWorkerOptions, 'timeLimitMs' | 'softTimeLimitMs'> {
  const timeLimitMs = checkPositiveDuration(timeLimit, 'worker.timeLimit');
  const softTimeLimitMs = checkPositiveDuration(softTimeLimit, 'worker.softTimeLimit');
  checkLimits(softTimeLimitMs, timeLimitMs, 'worker');
  return { timeLimitMs, softTimeLimitMs };
}

function resolvePrefetch(given: number | undefined): number | undefined {
  return given === undefined ? undefined : checkInteger(given, 1, { min: 0 }, 'worker.prefetchMultiplier');
}

function resolveRecycling(
  { maxTasksPerChild, maxMemoryPerChild, poolRestarts }: WorkerOptions,
  around: WorkerSurroundings,
): Pick<ResolvedWorkerOptions, 'maxTasksPerChild' | 'maxMemoryPerChildBytes' | 'poolRestarts'> {
  for (const [name, value] of Object.entries({ maxTasksPerChild, maxMemoryPerChild, poolRestarts })) {
    if (value !== undefined && value !== false && !hasChildren(around)) {
      const expected = `left out for the pool "${around.pool}", which has no children`;
      throw new InvalidOptionError(`worker.${name}`, expected, value);
    }
  }
  const option = 'worker.maxTasksPerChild';
  return {
    poolRestarts: checkBoolean(poolRestarts, false, 'worker.poolRestarts'),
    maxTasksPerChild:
      maxTasksPerChild === undefined ? undefined : checkInteger(maxTasksPerChild, 1, { min: 1 }, option),
    maxMemoryPerChildBytes:
      maxMemoryPerChild === undefined ? undefined : parseSize(maxMemoryPerChild, 'worker.maxMemoryPerChild'),
  };
}

function resolveQueues({ queues, excludeQueues }: WorkerOptions, defaultQueue: string): readonly string[] {
  const chosen = queues === undefined ? [defaultQueue] : checkQueues(queues, 'worker.queues');
  if (excludeQueues === undefined) return chosen;
  const excluded = checkQueues(excludeQueues, 'worker.excludeQueues');
  const stranger = excluded.find((name) => !chosen.includes(name));
  if (stranger !== undefined) {
    const expected = `of the queues that this worker would take from (${chosen.join(', ')})`;
    throw new InvalidOptionError('worker.excludeQueues', expected, stranger);
  }
  const left = chosen.filter((name) => !excluded.includes(name));
  if (left.length === 0) {
    throw new InvalidOptionError(
      'worker.excludeQueues',
      `less than all of its queues (${chosen.join(', ')})`,
      excluded,
    );
  }
  return left;
}

function checkQueues(given: readonly string[], option: string): readonly string[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw new InvalidOptionError(option, 'a list of at least one queue name', given);
  }
  return [...new Set(given.map((name: string, at) => checkName(name, `${option}[${at}]`)))];
}

/** Less than a few looks would tell nothing. */
const SHORTEST_PROGRESS_MS = 5_000;

function resolveProgressTimeout(given: Duration | undefined): number {
  const ms = checkPositiveDuration(given, 'worker.progressTimeout') ?? 15_000;
  if (ms < SHORTEST_PROGRESS_MS) throw new InvalidOptionError('worker.progressTimeout', 'at least "5s"', given);
  return ms;
}

function resolveName(given: string, { host, pid }: WorkerSurroundings): string {
  const name = checkName(given, 'worker.name').replaceAll('%h', host).replaceAll('%p', String(pid));
  return name.includes('@') ? name : `${name}@${host}`;
}
