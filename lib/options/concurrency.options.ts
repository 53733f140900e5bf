import { InvalidOptionError } from '../errors/index.js';
import type { ResolvedAutoscale } from './autoscale.options.js';
import { checkInteger } from './checks.js';
import { isOfChildren, type PoolSurroundings } from './pool.options.js';

const ASYNC_SLOTS = 100;

/** What the number of bodies run at once depends on. */
export interface ConcurrencySurroundings extends PoolSurroundings {
  readonly cores: number;
}

/** @throws {InvalidOptionError} when it does not go with the pool or with its bounds */
export function resolveConcurrencyOption(
  given: number | undefined,
  { pool, pools, cores }: ConcurrencySurroundings,
  autoscale: ResolvedAutoscale | undefined,
): number {
  if (pools !== undefined) {
    if (given === undefined) return pools.reduce((sum, { size }) => sum + size, 0);
    throw new InvalidOptionError('worker.concurrency', 'left out beside "pools", which says the size of each', given);
  }
  if (pool === 'solo') {
    if (given !== undefined && given !== 1) {
      throw new InvalidOptionError('worker.concurrency', '1 for the pool "solo", which runs one task at a time', given);
    }
    return 1;
  }
  const concurrency = checkInteger(given, pool === 'async' ? ASYNC_SLOTS : cores, { min: 1 }, 'worker.concurrency');
  if (autoscale !== undefined && (concurrency < autoscale.min || concurrency > autoscale.max)) {
    const { min, max } = autoscale;
    const expected = `from ${min} to ${max}, as "worker.autoscale" says, or left out to begin with ${min}`;
    throw new InvalidOptionError('worker.concurrency', expected, given);
  }
  return concurrency;
}

/** A warning where more CPU-bound bodies run at once than there are cores for, else `undefined`. */
export function warnOfConcurrency(
  { concurrency, autoscale }: { readonly concurrency: number; readonly autoscale: ResolvedAutoscale | undefined },
  around: ConcurrencySurroundings,
): string | undefined {
  const { pool, pools = [{ name: pool, size: concurrency }], cores } = around;
  const shares = pools.filter(({ name }) => isOfChildren(name));
  const bodies = shares.reduce((sum, { size }) => sum + size, 0);
  if (shares.length === 0 || Math.max(bodies, autoscale?.max ?? 0) <= cores) return undefined;
  const names = shares.map(({ name }) => name).join(' and ');
  return (
    `${autoscale ? `Autoscaling to ${autoscale.max}` : `Concurrency ${bodies}`} of the ${names} pool${shares.length > 1 ? 's' : ''} is above the ${cores} cores this process may use: ` +
    'tasks that compute will slow one another down. For tasks that wait, pool "async" or "childConcurrency" costs less.'
  );
}
