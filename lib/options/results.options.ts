import type { Duration } from '../time/index.js';
import { checkBoolean, checkDuration, checkGroup, refuseUnknownKeys } from './checks.js';

/** How results are kept, whatever the store. */
export interface ResultsOptions {
  /** How long a result is kept; `0` for ever. @defaultValue '1d' @source Celery `result_expires` */
  readonly expires?: Duration;
  /** Stores the task's name, arguments, worker, retries and queue with each result. @defaultValue false @source Celery `result_extended` */
  readonly extended?: boolean;
  /**
   * A chord that has not ended so long after it was sent, since a member of its header was lost, fails then.
   * @defaultValue nine tenths of `expires`, as what was counted expires then; a day where results are kept for ever
   */
  readonly chordDeadline?: Duration;
}

export interface ResolvedResultsOptions {
  /** `0` for ever. */
  readonly expiresMs: number;
  readonly extended: boolean;
  readonly chordDeadlineMs: number;
}

export const RESULTS_OPTION_NAMES: readonly (keyof ResultsOptions)[] = ['expires', 'extended', 'chordDeadline'];

const DAY_MS = 86_400_000;

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveResultsOptions(given: ResultsOptions = {}): ResolvedResultsOptions {
  checkGroup(given, 'results');
  refuseUnknownKeys(given, RESULTS_OPTION_NAMES, 'results');
  const expiresMs = checkDuration(given.expires, 'results.expires') ?? DAY_MS;
  return {
    expiresMs,
    extended: checkBoolean(given.extended, false, 'results.extended'),
    chordDeadlineMs:
      checkDuration(given.chordDeadline, 'results.chordDeadline') ?? (expiresMs > 0 ? expiresMs * 0.9 : DAY_MS),
  };
}
