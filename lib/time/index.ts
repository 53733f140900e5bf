export { backoffMs, type BackoffOptions } from './backoff.js';
export type { Clock, Timer, TimerOptions } from './clock.interface.js';
export { formatDuration, parseDuration, type Duration } from './duration.js';
export { formatIso, parseIso } from './iso-date.js';
export { LogicalClock } from './logical.clock.js';
export { sleep } from './sleep.js';
export { systemClock } from './system.clock.js';
export { TimeZone } from './time-zone.js';
export { VirtualClock, type VirtualClockOptions } from './virtual.clock.js';
