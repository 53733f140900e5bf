import type { Duration } from '../time/index.js';
import { checkBoolean, checkDuration, checkGroup, refuseUnknownKeys } from './checks.js';

/** How results are kept, whatever the store. */
export interface ResultsOptions {
  /** How long a result is kept; `0` for ever. @defaultValue '1d' @source Celery `result_expires` */
  readonly expires?: Duration;
  /** Stores the task's name, arguments, worker, retries and queue with each result. @defaultValue false @source Celery `result_extended` */
  readonly extended?: boolean;
}

export interface ResolvedResultsOptions {
  /** `0` for ever. */
  readonly expiresMs: number;
  readonly extended: boolean;
}

export const RESULTS_OPTION_NAMES: readonly (keyof ResultsOptions)[] = ['expires', 'extended'];

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveResultsOptions(given: ResultsOptions = {}): ResolvedResultsOptions {
  checkGroup(given, 'results');
  refuseUnknownKeys(given, RESULTS_OPTION_NAMES, 'results');
  return {
    expiresMs: checkDuration(given.expires, 'results.expires') ?? 86_400_000,
    extended: checkBoolean(given.extended, false, 'results.extended'),
  };
}
