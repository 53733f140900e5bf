import type { ResultBackend } from '../backends/index.js';
import { taskJobCodec, type TaskJob, type TaskReply } from '../execution/index.js';
import type { WorkerReport } from '../nest/index.js';
import { runsInline, type PoolName, type ResolvedWorkerOptions } from '../options/index.js';
import { AsyncPool, ChildPool, ProcessLauncher, SoloPool, ThreadLauncher, type Pool } from '../pools/index.js';
import type { Clock } from '../time/index.js';
import type { WorkerLog } from '../worker/index.js';
import type { WorkerApplication } from './application.js';
import { logChildExit, logRecycling, logStall } from './child-log.js';
import type { ResolvedRunOptions } from './run-options.js';
import { openMixedPool, TaskRoutes } from './worker-pools.js';

/** Jobs that may wait inside one child; how many really do is for the worker to decide. */
const LOOK_AHEAD = 64;

/**
 * By how much bodies that compute give way to the event loop beside them, when all cores are busy: at the same priority Linux lets it wait for up to the
 * slice of one of them, 3 ms, before each turn.
 */
const NICENESS = 10;

type WorkerPool = Pool<TaskJob, TaskReply>;

export interface PoolParts {
  readonly run: ResolvedRunOptions;
  readonly log: WorkerLog;
  readonly clock: Clock;
}

/** What is known of a worker whose application is in its own process, before its pool is made. */
export interface PoolBesideParts extends PoolParts {
  readonly options: ResolvedWorkerOptions;
  readonly report: WorkerReport;
  readonly backend: ResultBackend | undefined;
}

/** The pool of a worker that has its application in its own process: bodies of `solo` and `async` run there, on its event loop. */
export function openPoolBeside(application: WorkerApplication, parts: PoolBesideParts): WorkerPool {
  const { run, options, report } = parts;
  if (run.pools === undefined) return openInlinePool(run.pool, options.concurrency, application, parts);
  const routes = new TaskRoutes();
  routes.learn(report.tasks);
  return openMixedPool(run.pools, routes, ({ name, size }) => {
    if (name === 'async') return openInlinePool(name, size, application, parts);
    const pool = openChildPool(
      name,
      () => size,
      () => options,
      parts,
    );
    if (options.optimization === 'fair') pool.setLookAhead(0);
    return pool;
  });
}

/**
 * The pool of a worker that has its application only in children, and what boots it.
 * @param optionsOf the worker's options, by what the first child reports
 */
export function openPoolOfChildren(
  parts: PoolParts,
  optionsOf: (report: unknown) => ResolvedWorkerOptions,
): { readonly pool: WorkerPool; readonly start: () => Promise<WorkerReport> } {
  const { pools = [{ name: parts.run.pool, size: undefined }] } = parts.run;
  const children: ChildPool<TaskJob, TaskReply>[] = [];
  const open = ({ name, size }: { readonly name: PoolName; readonly size: number | undefined }): WorkerPool => {
    const pool = openChildPool(name, (report) => size ?? optionsOf(report).concurrency, optionsOf, parts);
    children.push(pool);
    return pool;
  };
  const routes = new TaskRoutes();
  const [only] = pools;
  const pool =
    parts.run.pools === undefined ? open(only as (typeof pools)[0]) : openMixedPool(parts.run.pools, routes, open);
  const start = async (): Promise<WorkerReport> => {
    const report = (await pool.start()) as WorkerReport;
    routes.learn(report.tasks);
    if (optionsOf(report).optimization === 'fair') for (const each of children) each.setLookAhead(0);
    return report;
  };
  return { pool, start };
}

function openInlinePool(
  name: PoolName,
  limit: number,
  application: WorkerApplication,
  { options, backend, log }: PoolBesideParts,
): WorkerPool {
  const parts = {
    runner: application.createTracer(options.name, backend),
    clock: application.host.clock,
    onAbandoned: ({ reason }: { readonly reason: string }) =>
      log.warn(
        `A body was given up on, as ${reason}; it may go on in this process for as long as it ignores its signal`,
      ),
  };
  return name === 'solo' ? new SoloPool(parts) : new AsyncPool({ ...parts, limit });
}

/** The pool whose bodies run in children, each with an application of its own. */
function openChildPool(
  name: PoolName,
  children: (report: unknown) => number,
  optionsOf: (report: unknown) => ResolvedWorkerOptions,
  { run, log, clock }: PoolParts,
): ChildPool<TaskJob, TaskReply> {
  const { childConcurrency, entry } = run;
  return new ChildPool<TaskJob, TaskReply>({
    name,
    launcher: name === 'prefork' ? new ProcessLauncher({ entry, clock }) : new ThreadLauncher({ entry }),
    codec: taskJobCodec,
    clock,
    children,
    maxJobs: (report) => optionsOf(report).maxTasksPerChild,
    slots: childConcurrency,
    lookAhead: LOOK_AHEAD,
    niceness: run.pools !== undefined && runsInline(run) ? NICENESS : 0,
    onChildExit: (exit) => logChildExit(exit, log),
    onRecycled: (recycling) => logRecycling(recycling, log),
    stalls: {
      afterMs: (report) => optionsOf(report).stallWarningMs,
      onStalled: (stall) => logStall(stall, log),
    },
  });
}
