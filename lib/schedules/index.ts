export type { CrontabFieldValue } from './crontab-field.js';
export { CrontabSchedule, type CrontabFields, type CrontabOptions } from './crontab.schedule.js';
export { crontab } from './crontab.js';
export { dueTick, type DueTick } from './due-tick.js';
export { every, IntervalSchedule, type IntervalOptions } from './interval.schedule.js';
export { scheduleFromData } from './schedule-data.js';
export type { CrontabData, DstMode, IntervalData, Schedule, ScheduleData } from './schedule.interface.js';
