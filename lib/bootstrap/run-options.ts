import type { LoggerService } from '@nestjs/common';
import { InvalidOptionError } from '../errors/index.js';
import {
  checkGroup,
  refuseUnknownKeys,
  resolveChildConcurrency,
  resolvePool,
  resolveWorkerOptions,
  WORKER_OPTION_NAMES,
  type PoolAlias,
  type PoolName,
  type WorkerOptions,
} from '../options/index.js';
import type { AutoscalerType } from '../worker/index.js';

/** Options of a worker file: all that the module's `worker` group knows, and what has to be known before the application boots. */
export interface WorkerRunOptions extends WorkerOptions {
  /**
   * How bodies run: `prefork` in processes, `threads` in threads, `solo` one at a time and `async` many at a time in this process.
   * @defaultValue `TASK_QUEUE_POOL`, else 'prefork'
   */
  readonly pool?: PoolName | PoolAlias;
  /** Bodies that one process or thread runs at once: 2 processes of 50 async bodies each is `concurrency: 2, childConcurrency: 50`. @defaultValue 1 */
  readonly childConcurrency?: number;
  /** Name of the `TaskQueueModule` instance to work for. @defaultValue 'default' */
  readonly instance?: string;
  /** File that children run: the one that calls `TaskWorkerFactory.run`. @defaultValue the file this process was started with */
  readonly entry?: string | URL;
  /** Whether this worker sends what is due; wins over the module's `beat.enabled`. @defaultValue true */
  readonly beat?: boolean;
  /** What decides the size of a pool with `autoscale`; a class of your own. @defaultValue by the backlog */
  readonly autoscaler?: AutoscalerType;
  /** @defaultValue Nest's own logger */
  readonly logger?: LoggerService;
}

/** The run options that are not the worker group's, with their defaults. */
export interface ResolvedRunOptions {
  readonly pool: PoolName;
  readonly childConcurrency: number;
  readonly instance: string;
  readonly entry: string | URL | undefined;
  readonly beat: boolean | undefined;
  readonly autoscaler: AutoscalerType | undefined;
  readonly logger: LoggerService | undefined;
  /** What was given here for the worker group, over the environment; the module's own is merged below it. */
  readonly worker: WorkerOptions;
}

const OWN_NAMES: readonly Exclude<keyof WorkerRunOptions, keyof WorkerOptions>[] = [
  'pool',
  'childConcurrency',
  'instance',
  'entry',
  'beat',
  'autoscaler',
  'logger',
];

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveRunOptions(given: WorkerRunOptions, env: NodeJS.ProcessEnv): ResolvedRunOptions {
  checkGroup(given, 'the options of TaskWorkerFactory');
  refuseUnknownKeys(given, [...OWN_NAMES, ...WORKER_OPTION_NAMES], '');
  const { pool: poolName, childConcurrency, instance = 'default', entry, beat, autoscaler, logger, ...worker } = given;
  const pool = resolvePool(poolName ?? textOf(env, 'TASK_QUEUE_POOL'));
  if (autoscaler !== undefined && typeof autoscaler !== 'function') {
    throw new InvalidOptionError('autoscaler', 'a class with a method "decide"', autoscaler);
  }
  resolveWorkerOptions(worker, { pool, cores: 1, host: 'localhost', pid: 1, defaultQueue: 'celery' }); // refused here, not in a child
  return {
    pool,
    childConcurrency: resolveChildConcurrency(childConcurrency, pool),
    instance,
    entry,
    beat,
    autoscaler,
    logger,
    worker: worker.concurrency === undefined ? { ...environmentConcurrency(env), ...worker } : worker,
  };
}

/** The module's worker options with those of the worker file over them. */
export function mergeWorkerOptions(module: WorkerOptions, run: WorkerOptions): WorkerOptions {
  const given = Object.entries(run).filter(([, value]) => value !== undefined);
  return { ...module, ...Object.fromEntries(given) };
}

function environmentConcurrency(env: NodeJS.ProcessEnv): WorkerOptions {
  const text = textOf(env, 'TASK_QUEUE_CONCURRENCY');
  if (text === undefined) return {};
  const concurrency = Number(text);
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new InvalidOptionError('TASK_QUEUE_CONCURRENCY', 'an integer of at least 1', text);
  }
  return { concurrency };
}

function textOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name];
  return text === undefined || text === '' ? undefined : text;
}
