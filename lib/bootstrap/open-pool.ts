import type { ResultBackend } from '../backends/index.js';
import { taskJobCodec, type TaskJob, type TaskReply } from '../execution/index.js';
import type { ResolvedWorkerOptions } from '../options/index.js';
import { AsyncPool, ChildPool, ProcessLauncher, SoloPool, ThreadLauncher, type Pool } from '../pools/index.js';
import type { Clock } from '../time/index.js';
import type { WorkerLog } from '../worker/index.js';
import type { WorkerApplication } from './application.js';
import { logChildExit, logRecycling, logStall } from './child-log.js';
import type { ResolvedRunOptions } from './run-options.js';

/** Jobs that may wait inside one child; how many really do is for the worker to decide. */
const LOOK_AHEAD = 64;

/** The pool whose bodies run on this process's own event loop. */
export function openInlinePool(
  run: ResolvedRunOptions,
  options: ResolvedWorkerOptions,
  application: WorkerApplication,
  backend: ResultBackend | undefined,
  log: WorkerLog,
): Pool<TaskJob, TaskReply> {
  const parts = {
    runner: application.createTracer(options.name, backend),
    clock: application.host.clock,
    onAbandoned: ({ reason }: { readonly reason: string }) =>
      log.warn(
        `A body was given up on, as ${reason}; it may go on in this process for as long as it ignores its signal`,
      ),
  };
  return run.pool === 'solo' ? new SoloPool(parts) : new AsyncPool({ ...parts, limit: options.concurrency });
}

/**
 * The pool whose bodies run in children, each with an application of its own.
 * @param optionsOf the worker's options, by what the first child reports
 */
export function openChildPool(
  run: ResolvedRunOptions,
  optionsOf: (report: unknown) => ResolvedWorkerOptions,
  log: WorkerLog,
  clock: Clock,
): ChildPool<TaskJob, TaskReply> {
  const { entry } = run;
  return new ChildPool<TaskJob, TaskReply>({
    name: run.pool,
    launcher: run.pool === 'prefork' ? new ProcessLauncher({ entry, clock }) : new ThreadLauncher({ entry }),
    codec: taskJobCodec,
    clock,
    children: (report) => optionsOf(report).concurrency,
    maxJobs: (report) => optionsOf(report).maxTasksPerChild,
    slots: run.childConcurrency,
    lookAhead: LOOK_AHEAD,
    onChildExit: (exit) => logChildExit(exit, log),
    onRecycled: (recycling) => logRecycling(recycling, log),
    stalls: {
      afterMs: (report) => optionsOf(report).stallWarningMs,
      onStalled: (stall) => logStall(stall, log),
    },
  });
}
