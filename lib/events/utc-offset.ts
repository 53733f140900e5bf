/** Whole hours west of UTC, rounded down, as Celery's events have it: -2 for UTC+2, -6 for UTC+5:30. @source celery/utils/time.py `utcoffset` */
export function utcOffsetHours(nowMs: number): number {
  return Math.floor(new Date(nowMs).getTimezoneOffset() / 60);
}
