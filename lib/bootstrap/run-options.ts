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
  resolvePools,
  resolveWorkerOptions,
  WORKER_OPTION_NAMES,
  workerTextsOf,
  type LogOptions,
  type PoolAlias,
  type PoolName,
  type PoolShare,
  type PoolsOption,
  type PoolSurroundings,
  type ResolvedLogOptions,
  type WorkerOptions,
  type WorkerText,
} from '../options/index.js';
import type { AutoscalerType } from '../worker/index.js';

/** Options of a worker file: all that the module's `worker` group knows, and what has to be known before the application boots. */
export interface WorkerRunOptions extends WorkerOptions, PoolsOption, LogOptions {
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
export interface ResolvedRunOptions extends PoolSurroundings {
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
  'pools',
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
  const { childConcurrency = around.childConcurrency, instance = around.instance ?? 'default' } = given;
  const { pool: _1, pools: _2, childConcurrency: _3, instance: _4, beat, entry, autoscaler, logger, ...rest } = given;
  const { logLevel, logFormat, ...worker } = rest;
  const isSaid = given.pool !== undefined || given.pools !== undefined;
  const pools = isSaid ? choosePools(given) : namingTexts(around.texts, () => choosePools(around));
  if (autoscaler !== undefined && typeof autoscaler !== 'function') {
    throw new InvalidOptionError('autoscaler', 'a class with a method "decide"', autoscaler);
  }
  if (beat !== undefined && typeof beat !== 'boolean') throw new InvalidOptionError('beat', 'true or false', beat);
  checkAlone(worker, pools); // refused here, not in a child
  namingTexts(around.texts, () => checkAlone(around.worker, pools));
  return {
    ...pools,
    childConcurrency: resolveChildConcurrency(childConcurrency, pools),
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
function checkAlone(worker: WorkerOptions, pools: PoolSurroundings): void {
  const { excludeQueues: _, ...known } = worker; // of which queues, the module may say
  const around = { ...pools, cores: 1, host: 'localhost', pid: 1, defaultQueue: 'celery' };
  resolveWorkerOptions(worker.queues === undefined ? known : worker, around);
}

/** One pool, or several of which the first one is the default. */
function choosePools({ pool, pools }: { readonly pool?: string | undefined } & PoolsOption): PoolSurroundings {
  if (pools === undefined) return { pool: resolvePool(pool) };
  if (pool !== undefined) throw new InvalidOptionError('worker.pools', 'left out beside "pool"', pools);
  const shares = resolvePools(pools);
  return { pool: (shares[0] as PoolShare).name, pools: shares };
}

interface EnvironmentOptions extends Pick<WorkerRunOptions, 'childConcurrency' | 'instance'>, PoolsOption {
  readonly pool: string | undefined;
  readonly worker: WorkerOptions;
  readonly texts: readonly WorkerText[];
}

function environmentOf(env: NodeJS.ProcessEnv): EnvironmentOptions {
  const texts = workerTextsOf(env);
  const slots = textOf(env, 'TASK_QUEUE_CHILD_CONCURRENCY');
  const instance = textOf(env, 'TASK_QUEUE_INSTANCE');
  const { pools, ...worker } = readWorkerTexts(texts);
  return {
    pool: textOf(env, 'TASK_QUEUE_POOL'),
    ...(pools !== undefined && { pools }),
    ...(slots !== undefined && { childConcurrency: Number(slots) }),
    ...(instance !== undefined && { instance }),
    worker,
    texts,
  };
}

function textOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name];
  return text === undefined || text === '' ? undefined : text;
}
