import { describe, expect, it } from 'vitest';
import { crontab, every, scheduleFromData, type Schedule } from '../../../lib/schedules/index.js';

describe('scheduleFromData', () => {
  it.each<[string, Schedule]>([
    ['an interval', every('30s')],
    ['a relative interval', every('90m', { relative: true })],
    ['a crontab', crontab('*/5 8-18 * * mon-fri', { timezone: 'Europe/Paris', dst: 'exact' })],
    ['a crontab without a zone', crontab({ minute: [0, 30] })],
  ])('makes %s again after it crossed a process', (_, schedule) => {
    const made = scheduleFromData(structuredClone(schedule.toData()));
    const now = Date.UTC(2026, 0, 1);

    expect(made.toData()).toEqual(schedule.toData());
    expect(made.describe()).toBe(schedule.describe());
    expect(made.nextAfter(now, now)).toBe(schedule.nextAfter(now, now));
  });

  it('keeps apart a zone that was given and the one by default', () => {
    const [given, byDefault] = [crontab('0 3 * * *', { timezone: 'UTC' }), crontab('0 3 * * *')];

    expect(given.toData().timezone).toBe('UTC');
    expect(byDefault.toData().timezone).toBeUndefined();
  });
});
