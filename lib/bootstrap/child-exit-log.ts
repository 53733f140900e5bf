import type { ChildExit } from '../pools/index.js';
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
