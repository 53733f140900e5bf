import { taskJobCodec } from '../execution/index.js';
import { formatSize } from '../options/index.js';
import type { ChildExit, ChildRecycling, ChildStall } from '../pools/index.js';
import { formatDuration } from '../time/index.js';
import type { WorkerLog } from '../worker/index.js';

/**
 * Tells of a child that ended before its time. One that nothing replaces needs no line of its own: it ends with its pool, or it is the
 * first one, whose error ends the start.
 */
export function logChildExit({ phase, bootError, reason, replacedInMs }: ChildExit, log: WorkerLog): void {
  if (phase === 'leave' || replacedInMs === undefined) return;
  const successor = replacedInMs === 0 ? 'it is replaced' : `it is replaced in ${replacedInMs} ms`;
  log.error(`${bootError?.message ?? `The ${reason}`}; ${successor}`);
}

/** Tells of a child that is replaced while it works, as it was asked for. */
export function logRecycling(recycling: ChildRecycling, log: WorkerLog): void {
  const { because, bootMs, name, returned, running, successor } = recycling;
  log.log(
    `The ${name} ${reasonOf(because)} and is replaced by the ${successor}, which was up in ${formatDuration(Math.round(bootMs))}: ` +
      `${count(running, 'task')} to finish, ${count(returned, 'waiting one')} for others`,
  );
}

function reasonOf(because: ChildRecycling['because']): string {
  if ('jobs' in because) return `has run ${count(because.jobs, 'task')}`;
  return 'memoryBytes' in because ? `takes ${formatSize(because.memoryBytes)} of memory` : 'is to begin anew';
}

/** Tells of a child that may never come back, by the tasks it runs. */
export function logStall({ child, silentMs, jobs }: ChildStall, log: WorkerLog): void {
  const tasks = jobs.map(nameOf).join(', ');
  log.warn(
    `The ${child} has not turned its event loop for ${formatDuration(Math.round(silentMs))}: it computes without a pause, or hangs, in ${tasks}. ` +
      'A "timeLimit" ends a task that takes too long.',
  );
}

function nameOf(job: string): string {
  try {
    const { task, id } = taskJobCodec.decodeJob(job).message.headers;
    return `${String(task)}[${String(id)}]`;
  } catch {
    return 'a task that cannot be read';
  }
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
