import type { RetryChanges } from '../errors/index.js';
import type { ResolvedTaskOptions } from '../tasks/index.js';
import { backoffMs, parseDuration } from '../time/index.js';
import { codeOf, isOneOf, toOneLine } from './thrown.js';

type RetryRules = Pick<
  ResolvedTaskOptions,
  | 'maxRetries'
  | 'defaultRetryDelayMs'
  | 'autoretryFor'
  | 'dontAutoretryFor'
  | 'retryBackoffMs'
  | 'retryBackoffMaxMs'
  | 'retryJitter'
>;

/** A task that was forbidden to run will be so again. */
const NEVER_RETRIED: ReadonlySet<string> = new Set(['TQ_TASK_FORBIDDEN']);

/** Whether an error is retried by itself. @source celery/app/autoretry.py */
export function isAutoretried(thrown: unknown, rules: Pick<RetryRules, 'autoretryFor' | 'dontAutoretryFor'>): boolean {
  if (!isOneOf(thrown, rules.autoretryFor) || isOneOf(thrown, rules.dontAutoretryFor)) return false;
  return !NEVER_RETRIED.has(codeOf(thrown) ?? '');
}

/** Whether no retry is left after so many. @param maxRetries `null` for ever */
export function isExhausted(retries: number, maxRetries: number | null): boolean {
  return maxRetries !== null && retries >= maxRetries;
}

/**
 * How long an automatic retry waits. A back-off that begins with whole seconds is Celery's; one that begins with less doubles likewise,
 * and is spread by milliseconds.
 * @param retries made before: 0 for the first
 * @param random a number in [0, 1)
 */
export function autoretryDelayMs(rules: RetryRules, retries: number, random: () => number = Math.random): number {
  const { retryBackoffMs: firstMs, retryBackoffMaxMs: maxMs, retryJitter: jitter } = rules;
  if (firstMs === undefined) return rules.defaultRetryDelayMs;
  if (firstMs >= 1_000 && firstMs % 1_000 === 0)
    return backoffMs({ factor: firstMs / 1_000, maxMs, retries, jitter, random });
  const delayMs = Math.min(maxMs, firstMs * 2 ** Math.min(retries, 60));
  return jitter ? Math.min(delayMs, Math.floor(random() * (delayMs + 1))) : delayMs;
}

/** What a thrown retry asks for. */
export function changesOf(thrown: unknown): RetryChanges {
  const { changes } = thrown as { changes?: unknown };
  return typeof changes === 'object' && changes !== null ? (changes as RetryChanges) : {};
}

/** An eta wins over a countdown; one that is due is none. */
export function retryTimeOf({ eta, countdown }: RetryChanges, defaultMs: number, nowMs: number): number | undefined {
  if (eta !== undefined) return eta.getTime();
  const waitMs = countdown === undefined ? defaultMs : parseDuration(countdown, 'retry.countdown');
  return waitMs > 0 ? nowMs + waitMs : undefined;
}

/** @source celery/exceptions.py `Retry.humanize`, `Retry.__str__` */
export function describeRetry({ error }: RetryChanges, waitMs: number): string {
  const when = waitMs > 0 ? `Retry in ${Math.round(waitMs) / 1_000}s` : 'Retry now';
  return error === undefined ? when : `${when}: ${toOneLine(error)}`;
}
