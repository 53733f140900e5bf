import { InvalidOptionError } from '../errors/index.js';
import { checkGroup, checkOneOf, refuseUnknownKeys } from './checks.js';

/** Tasks that may begin in a time: so many a second, or a text such as `'10/s'`, `'100/m'`, `'5/h'`. `0` and `''` are no limit, as in Celery. */
export type Rate = number | string;

/** How many of one task may begin in a time, and who counts: each worker by itself, as in Celery, or all workers of a broker together. */
export type RateLimit =
  Rate | { readonly limit: Rate; /** @defaultValue 'worker' */ readonly scope?: 'worker' | 'cluster' };

export interface ResolvedRateLimit {
  /** From one token to the next. @unit milliseconds */
  readonly intervalMs: number;
  readonly scope: 'worker' | 'cluster';
  /** As it was given, as Celery's tools show it. */
  readonly text: string;
}

const FORM = /^(\d+(?:\.\d+)?)(?:\/([smh]))?$/;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
const EXPECTED = "a number of tasks a second, or a text such as '10/s', '100/m' or '5/h'";

/**
 * A rate limit, or `undefined` for none.
 * @param scope where none is given @defaultValue 'worker'
 * @throws {InvalidOptionError | UnknownOptionError} when it cannot be used
 * @source celery/utils/time.py `rate`
 */
export function resolveRateLimit(
  given: RateLimit | null | undefined,
  option: string,
  scope: ResolvedRateLimit['scope'] = 'worker',
): ResolvedRateLimit | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'number' || typeof given === 'string') return resolveRate(given, scope, option);
  checkGroup(given, option);
  refuseUnknownKeys(given, ['limit', 'scope'], option);
  if (given.limit === undefined) throw new InvalidOptionError(`${option}.limit`, EXPECTED, given.limit);
  const own = checkOneOf(given.scope, ['worker', 'cluster'], scope, `${option}.scope`);
  return resolveRate(given.limit, own, `${option}.limit`);
}

function resolveRate(rate: Rate, scope: ResolvedRateLimit['scope'], option: string): ResolvedRateLimit | undefined {
  const text = String(rate);
  const [, count, unit = 's'] = FORM.exec(text) ?? [];
  if (text === '' || Number(count) === 0) return undefined;
  if (count === undefined) throw new InvalidOptionError(option, EXPECTED, rate);
  return { intervalMs: UNIT_MS[unit as keyof typeof UNIT_MS] / Number(count), scope, text };
}
