import type { LoggerService } from '@nestjs/common';
import { InvalidOptionError } from '../errors/index.js';
import {
  checkGroup,
  namingTexts,
  readWorkerTexts,
  refuseUnknownKeys,
  resolveLogOptions,
  resolveChildConcurrency,
  resolvePool,
  resolveWorkerOptions,
  WORKER_OPTION_NAMES,
  workerTextsOf,
  type LogOptions,
  type PoolAlias,
  type PoolName,
  type ResolvedLogOptions,
  type WorkerOptions,
  type WorkerText,
} from '../options/index.js';
import type { AutoscalerType } from '../worker/index.js';

/** Options of a worker file: all that the module's `worker` group knows, and what has to be known before the application boots. */
export interface WorkerRunOptions extends WorkerOptions, LogOptions {
  /**
   * How bodies run: `prefork` in processes, `threads` in threads, `solo` one at a time and `async` many at a time in this process.
   * @defaultValue `TASK_QUEUE_POOL`, else 'prefork'
   */
  readonly pool?: PoolName | PoolAlias;
  /**
   * Bodies that one process or thread runs at once: 2 processes of 50 async bodies each is `concurrency: 2, childConcurrency: 50`.
   * @defaultValue `TASK_QUEUE_CHILD_CONCURRENCY`, else 1
   */
  readonly childConcurrency?: number;
  /** Name of the `TaskQueueModule` instance to work for. @defaultValue `TASK_QUEUE_INSTANCE`, else 'default' */
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
  readonly log: ResolvedLogOptions;
  /** What was given here for the worker group; over the module's own. */
  readonly worker: WorkerOptions;
  /** What the environment says of the worker group; below the module's own. */
  readonly environment: WorkerOptions;
}

const OWN_NAMES: readonly Exclude<keyof WorkerRunOptions, keyof WorkerOptions>[] = [
  'pool',
  'childConcurrency',
  'instance',
  'entry',
  'beat',
  'autoscaler',
  'logger',
  'logLevel',
  'logFormat',
];

/**
 * @param env where `TASK_QUEUE_POOL` and the others are looked up, under what is given
 * @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used
 */
export function resolveRunOptions(given: WorkerRunOptions, env: NodeJS.ProcessEnv): ResolvedRunOptions {
  checkGroup(given, 'the options of TaskWorkerFactory');
  refuseUnknownKeys(given, [...OWN_NAMES, ...WORKER_OPTION_NAMES], '');
  const around = environmentOf(env);
  const { pool: poolName = around.pool, childConcurrency = around.childConcurrency } = given;
  const { instance = around.instance ?? 'default' } = given;
  const { pool: _1, childConcurrency: _2, instance: _3, beat, entry, autoscaler, logger, ...rest } = given;
  const { logLevel, logFormat, ...worker } = rest;
  const pool = resolvePool(poolName);
  if (autoscaler !== undefined && typeof autoscaler !== 'function') {
    throw new InvalidOptionError('autoscaler', 'a class with a method "decide"', autoscaler);
  }
  if (beat !== undefined && typeof beat !== 'boolean') throw new InvalidOptionError('beat', 'true or false', beat);
  checkAlone(worker, pool); // refused here, not in a child
  namingTexts(around.texts, () => checkAlone(around.worker, pool));
  return {
    pool,
    childConcurrency: resolveChildConcurrency(childConcurrency, pool),
    instance,
    entry,
    beat,
    autoscaler,
    logger,
    log: resolveLogOptions({ ...(logLevel && { logLevel }), ...(logFormat && { logFormat }) }, env),
    worker,
    environment: around.worker,
  };
}

/** The worker's options: those of the worker file over the module's, and these over the environment. */
export function workerOptionsOf(module: WorkerOptions, { worker, environment }: ResolvedRunOptions): WorkerOptions {
  const given = Object.entries(worker).filter(([, value]) => value !== undefined);
  return { ...environment, ...module, ...Object.fromEntries(given) };
}

/** What can be said of them while the module's own are not known. */
function checkAlone(worker: WorkerOptions, pool: PoolName): void {
  const { excludeQueues: _, ...known } = worker; // of which queues, the module may say
  const around = { pool, cores: 1, host: 'localhost', pid: 1, defaultQueue: 'celery' };
  resolveWorkerOptions(worker.queues === undefined ? known : worker, around);
}

interface EnvironmentOptions extends Pick<WorkerRunOptions, 'childConcurrency' | 'instance'> {
  readonly pool: string | undefined;
  readonly worker: WorkerOptions;
  readonly texts: readonly WorkerText[];
}

function environmentOf(env: NodeJS.ProcessEnv): EnvironmentOptions {
  const texts = workerTextsOf(env);
  const slots = textOf(env, 'TASK_QUEUE_CHILD_CONCURRENCY');
  const instance = textOf(env, 'TASK_QUEUE_INSTANCE');
  return {
    pool: textOf(env, 'TASK_QUEUE_POOL'),
    ...(slots !== undefined && { childConcurrency: Number(slots) }),
    ...(instance !== undefined && { instance }),
    worker: readWorkerTexts(texts),
    texts,
  };
}

function textOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name];
  return text === undefined || text === '' ? undefined : text;
}
