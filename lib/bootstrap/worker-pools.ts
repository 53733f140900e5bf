import { PoolResizeError } from '../errors/index.js';
import type { TaskJob, TaskReply } from '../execution/index.js';
import { resolvePool, type MixablePool, type PoolShare, type PoolSurroundings } from '../options/index.js';
import { MixedPool, type Pool } from '../pools/index.js';
import type { LanePool, TaskTraits, TaskWatch } from '../worker/index.js';

type WorkerPool = Pool<TaskJob, TaskReply>;

/** Which of several pools each task asks for; filled once the application has told its tasks. */
export class TaskRoutes {
  private readonly byTask = new Map<string, MixablePool>();

  learn(tasks: readonly Pick<TaskTraits, 'name' | 'pool'>[]): void {
    for (const { name, pool } of tasks) if (pool !== undefined) this.byTask.set(name, pool);
  }

  of({ head }: Pick<TaskJob, 'head'>): MixablePool | undefined {
    return head === undefined ? undefined : this.byTask.get(head.task);
  }
}

/** @param open makes one of them */
export function openMixedPool(
  shares: readonly PoolShare[],
  routes: TaskRoutes,
  open: (share: PoolShare) => WorkerPool,
): MixedPool<TaskJob, TaskReply> {
  const parts = shares.map((share) => ({ name: share.name, pool: open(share) }));
  return new MixedPool({ parts, partOf: (job) => routes.of(job) });
}

/** The pools that a worker's pool is made of; `undefined` where it is one. */
export function lanesOf(pool: WorkerPool): readonly LanePool[] | undefined {
  if (!(pool instanceof MixedPool)) return undefined;
  return pool.parts.map((part) => ({ ...part, processes: () => processesOf(part.name, part.pool) }));
}

/** Processes that bodies of a pool run in, as far as one can end without the others. */
export function processesOf(name: string, pool: Pick<WorkerPool, 'size'>): number {
  return name === 'prefork' ? pool.size : 1;
}

/**
 * The pool that a growth or shrinking is for.
 * @param own name of the worker's pool, or of the first of several
 * @throws {PoolResizeError} when the worker has none of that name, {InvalidOptionError} when there is no such pool
 */
export function poolCalled(pool: WorkerPool, own: string, given: string | undefined): WorkerPool {
  const name = given === undefined ? given : resolvePool(given);
  if (pool instanceof MixedPool) return pool.part(name);
  if (name === undefined || name === own) return pool;
  throw new PoolResizeError(`The pool "${name}" cannot be resized: this worker has only "${own}".`, name, 0);
}

/** Leaves out bodies that run in children of pools beside the one on this loop: they are none of the guard's business. */
export function watchInline(
  guard: TaskWatch,
  tasks: readonly Pick<TaskTraits, 'name' | 'pool'>[],
  { pool: first, pools }: PoolSurroundings,
): TaskWatch {
  if (pools === undefined) return guard;
  const has = (name: MixablePool): boolean => pools.some((share) => share.name === name);
  const inline = tasks.filter(({ pool }) => (pool !== undefined && has(pool) ? pool : first) === 'async');
  const names = new Set(inline.map(({ name }) => name));
  return {
    started: (delivery, head, timeLimitMs) => {
      if (names.has(head.task)) guard.started(delivery, head, timeLimitMs);
    },
    ended: (delivery) => guard.ended(delivery),
  };
}
