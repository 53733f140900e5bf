import type { Schedule } from './schedule.interface.js';

/** What a schedule asks for at one point of time. */
export interface DueTick {
  /** The tick to fire now, if any; the same in every process that asks. @unit milliseconds since the epoch */
  readonly dueMs: number | undefined;
  /** The first tick after now: when to look again. @unit milliseconds since the epoch */
  readonly nextMs: number;
}

/**
 * Whether an entry is due.
 * @param startingDeadlineMs how late a tick may still be fired; an older one is passed over @defaultValue no limit
 * @source Celery `is_due` of a schedule, `beat_cron_starting_deadline`
 */
export function dueTick(schedule: Schedule, lastRunMs: number, nowMs: number, startingDeadlineMs = Infinity): DueTick {
  const tickMs = schedule.nextAfter(lastRunMs, nowMs);
  if (tickMs > nowMs) return { dueMs: undefined, nextMs: tickMs };
  const isTooLate = nowMs - tickMs > startingDeadlineMs;
  return { dueMs: isTooLate ? undefined : tickMs, nextMs: schedule.nextAfter(nowMs, nowMs) };
}
