import { CrontabSchedule, fieldsOf } from './crontab.schedule.js';
import { IntervalSchedule } from './interval.schedule.js';
import type { Schedule, ScheduleData } from './schedule.interface.js';

/** The schedule that `toData()` described. */
export function scheduleFromData(data: ScheduleData): Schedule {
  if (data.kind === 'interval') return new IntervalSchedule(data.everyMs, data.relative);
  const { expression, timezone, dst } = data;
  return new CrontabSchedule(fieldsOf(expression), timezone === undefined ? { dst } : { timezone, dst });
}
