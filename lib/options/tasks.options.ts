import type { Duration } from '../time/index.js';
import {
  checkBoolean,
  checkDuration,
  checkGroup,
  checkInteger,
  checkLimits,
  checkName,
  checkPositiveDuration,
  refuseUnknownKeys,
} from './checks.js';
import { resolveRateLimit, type RateLimit, type ResolvedRateLimit } from './rate-limit.js';

/** Defaults for all tasks of an application; each task may say otherwise in `@Task()`. */
export interface TasksOptions {
  /** Queue of tasks that name none. @defaultValue 'celery' @source Celery `task_default_queue` */
  readonly defaultQueue?: string;
  /**
   * Priority of what is sent without one, 0 to 9, higher is more urgent. Set it on both sides of a queue shared with Python.
   * @defaultValue none: `priority` 0 on the wire, as Celery writes it, the most urgent on Redis and the least on AMQP
   * @source Celery `task_default_priority`
   */
  readonly defaultPriority?: number;
  /** @defaultValue none @source Celery `task_time_limit` */
  readonly timeLimit?: Duration;
  /** @defaultValue none @source Celery `task_soft_time_limit` */
  readonly softTimeLimit?: Duration;
  /** @defaultValue none @source Celery `task_default_rate_limit` */
  readonly defaultRateLimit?: RateLimit;
  /** @defaultValue 3; `null` retries for ever @source Celery `Task.max_retries` */
  readonly maxRetries?: number | null;
  /** @defaultValue '180s' @source Celery `Task.default_retry_delay` */
  readonly defaultRetryDelay?: Duration;
  /** @defaultValue true, unlike Celery's `task_acks_late` */
  readonly acksLate?: boolean;
  /** @defaultValue true @source Celery `task_acks_on_failure` */
  readonly acksOnFailure?: boolean;
  /** @defaultValue true @source Celery `task_acks_on_timeout` */
  readonly acksOnTimeout?: boolean;
  /** @defaultValue false @source Celery `task_ignore_result` */
  readonly ignoreResult?: boolean;
  /** @defaultValue false @source Celery `task_store_errors_even_if_ignored` */
  readonly storeErrorsEvenIfIgnored?: boolean;
  /** @defaultValue false @source Celery `task_track_started` */
  readonly trackStarted?: boolean;
  /** Whether who sends a task tells monitors so, by an event `task-sent`. @defaultValue false @source Celery `task_send_sent_event` */
  readonly sendSentEvent?: boolean;
  /** Whether guards, interceptors, pipes and filters of the whole application (`APP_*`) run for tasks. @defaultValue true */
  readonly globalEnhancers?: boolean;
}

export interface ResolvedTasksOptions {
  readonly defaultQueue: string;
  readonly defaultPriority: number | undefined;
  readonly timeLimitMs: number | undefined;
  readonly softTimeLimitMs: number | undefined;
  readonly defaultRateLimit: ResolvedRateLimit | undefined;
  readonly maxRetries: number | null;
  readonly defaultRetryDelayMs: number;
  readonly acksLate: boolean;
  readonly acksOnFailure: boolean;
  readonly acksOnTimeout: boolean;
  readonly ignoreResult: boolean;
  readonly storeErrorsEvenIfIgnored: boolean;
  readonly trackStarted: boolean;
  readonly sendSentEvent: boolean;
  readonly globalEnhancers: boolean;
}

const KNOWN: readonly (keyof TasksOptions)[] = [
  'defaultQueue',
  'defaultPriority',
  'timeLimit',
  'softTimeLimit',
  'defaultRateLimit',
  'maxRetries',
  'defaultRetryDelay',
  'acksLate',
  'acksOnFailure',
  'acksOnTimeout',
  'ignoreResult',
  'storeErrorsEvenIfIgnored',
  'trackStarted',
  'sendSentEvent',
  'globalEnhancers',
];

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveTasksOptions(given: TasksOptions = {}): ResolvedTasksOptions {
  checkGroup(given, 'tasks');
  refuseUnknownKeys(given, KNOWN, 'tasks');
  const timeLimitMs = checkPositiveDuration(given.timeLimit, 'tasks.timeLimit');
  const softTimeLimitMs = checkPositiveDuration(given.softTimeLimit, 'tasks.softTimeLimit');
  checkLimits(softTimeLimitMs, timeLimitMs, 'tasks');
  return {
    defaultQueue: checkName(given.defaultQueue ?? 'celery', 'tasks.defaultQueue'),
    defaultPriority: checkPriority(given.defaultPriority, 'tasks.defaultPriority'),
    timeLimitMs,
    softTimeLimitMs,
    defaultRateLimit: resolveRateLimit(given.defaultRateLimit, 'tasks.defaultRateLimit'),
    maxRetries: checkMaxRetries(given.maxRetries, 3, 'tasks.maxRetries'),
    defaultRetryDelayMs: checkDuration(given.defaultRetryDelay, 'tasks.defaultRetryDelay') ?? 180_000,
    acksLate: checkBoolean(given.acksLate, true, 'tasks.acksLate'),
    acksOnFailure: checkBoolean(given.acksOnFailure, true, 'tasks.acksOnFailure'),
    acksOnTimeout: checkBoolean(given.acksOnTimeout, true, 'tasks.acksOnTimeout'),
    ignoreResult: checkBoolean(given.ignoreResult, false, 'tasks.ignoreResult'),
    storeErrorsEvenIfIgnored: checkBoolean(given.storeErrorsEvenIfIgnored, false, 'tasks.storeErrorsEvenIfIgnored'),
    trackStarted: checkBoolean(given.trackStarted, false, 'tasks.trackStarted'),
    sendSentEvent: checkBoolean(given.sendSentEvent, false, 'tasks.sendSentEvent'),
    globalEnhancers: checkBoolean(given.globalEnhancers, true, 'tasks.globalEnhancers'),
  };
}

/** 0 to 9, higher is more urgent, or none. */
export function checkPriority(value: number | undefined, option: string): number | undefined {
  return value === undefined ? undefined : checkInteger(value, 0, { min: 0, max: 9 }, option);
}

/** `null` retries for ever. */
export function checkMaxRetries(
  value: number | null | undefined,
  fallback: number | null,
  option: string,
): number | null {
  if (value === null) return null;
  return value === undefined ? fallback : checkInteger(value, 0, { min: 0 }, option);
}
