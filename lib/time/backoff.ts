/** What decides how long to wait before a retry. */
export interface BackoffOptions {
  /** First delay. Below 1 counts as 1, a fraction is cut. @unit seconds, as Celery's `retry_backoff` */
  readonly factor: number;
  /** No delay is longer. @unit milliseconds */
  readonly maxMs: number;
  /** Retries made before this one: 0 for the first. */
  readonly retries: number;
  /** Whether the delay is drawn at random between 0 and the computed one, both included. */
  readonly jitter: boolean;
  /** A number in [0, 1). @defaultValue Math.random */
  readonly random?: () => number;
}

/** A delay beyond this would leave the years that a message can name. */
const LONGEST_MS = 100 * 365 * 86_400_000;

/**
 * How long to wait before the next retry: `min(max, factor × 2^retries)`, and with jitter a whole number of seconds
 * drawn from 0 to that. (Where `maxMs` is no whole number of seconds, which Celery cannot have, the draw is in
 * milliseconds.)
 * @returns milliseconds; at most 100 years
 * @source celery/utils/time.py `get_exponential_backoff_interval`, celery/app/autoretry.py
 */
export function backoffMs(options: BackoffOptions): number {
  const { factor, maxMs, retries, jitter, random = Math.random } = options;
  const wantedMs = Math.trunc(Math.max(1, factor)) * 2 ** Math.max(0, retries) * 1_000; // may be Infinity
  const delayMs = Math.max(0, Math.min(maxMs, wantedMs, LONGEST_MS));
  if (!jitter) return delayMs;

  const unitMs = delayMs % 1_000 === 0 ? 1_000 : 1;
  const steps = Math.floor(delayMs / unitMs);
  return Math.min(steps, Math.floor(random() * (steps + 1))) * unitMs;
}
