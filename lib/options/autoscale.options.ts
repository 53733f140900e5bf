import { InvalidOptionError } from '../errors/index.js';
import type { Duration } from '../time/index.js';
import { checkGroup, checkInteger, checkPositiveDuration, refuseUnknownKeys } from './checks.js';
import type { PoolSurroundings } from './pool.options.js';

export interface AutoscaleOptions {
  /** At least 1. */
  readonly min: number;
  readonly max: number;
  /** How long it stays larger than needed. @defaultValue '30s' @source Celery `worker_autoscale_keepalive` */
  readonly keepalive?: Duration;
}

export interface ResolvedAutoscale {
  readonly min: number;
  readonly max: number;
  readonly keepaliveMs: number;
}

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveAutoscale(
  given: AutoscaleOptions | undefined,
  { pool, pools }: PoolSurroundings,
): ResolvedAutoscale | undefined {
  if (given === undefined) return undefined;
  const path = 'worker.autoscale';
  checkGroup(given, path);
  refuseUnknownKeys(given, ['min', 'max', 'keepalive'], path);
  if (pools !== undefined) throw new InvalidOptionError(path, 'left out beside "pools", which keep their sizes', given);
  if (pool === 'solo') {
    throw new InvalidOptionError(path, 'left out for the pool "solo", which runs one task at a time', given);
  }
  for (const name of ['min', 'max'] as const) {
    if (given[name] === undefined) throw new InvalidOptionError(`${path}.${name}`, 'given', given[name]);
  }
  const min = checkInteger(given.min, 1, { min: 1 }, `${path}.min`);
  const max = checkInteger(given.max, 1, { min: 1 }, `${path}.max`);
  if (min > max) throw new InvalidOptionError(`${path}.min`, `at most "max" (${max})`, min);
  return { min, max, keepaliveMs: checkPositiveDuration(given.keepalive, `${path}.keepalive`) ?? 30_000 };
}
