import { describe, expect, it } from 'vitest';
import { InvalidCrontabError, InvalidOptionError, UnknownOptionError } from '../../../lib/errors/index.js';
import { crontab, type CrontabSchedule } from '../../../lib/schedules/index.js';

const at = (text: string): number => Date.parse(text);
const text = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;

function ticks(schedule: CrontabSchedule, from: string, count: number): string[] {
  const found: string[] = [];
  for (let time = at(from); found.length < count; found.push(text(time))) time = schedule.nextAfter(time, time);
  return found;
}

describe('crontab', () => {
  it.each([
    ['* * * * *', '2026-01-01T10:00:59Z', '2026-01-01T10:01Z'],
    ['* * * * *', '2026-01-01T10:00:00Z', '2026-01-01T10:01Z'],
    ['30 7,19 * * *', '2026-01-01T07:30:00Z', '2026-01-01T19:30Z'],
    ['0 0 31 * *', '2026-01-31T00:00:00Z', '2026-03-31T00:00Z'],
    ['0 0 1-7 * mon', '2026-01-05T00:00:00Z', '2026-02-02T00:00Z'],
    ['0 0 29 2 *', '2096-02-29T00:00:00Z', '2104-02-29T00:00Z'],
    ['0 0 29 2 mon', '2072-02-29T00:00:00Z', '2112-02-29T00:00Z'],
    ['0 22-3 * * *', '2026-01-01T03:00:00Z', '2026-01-01T22:00Z'],
    ['59 23 31 12 *', '1969-06-01T00:00:00Z', '1969-12-31T23:59Z'],
  ])('%s is due next after %s at %s', (expression, now, due) => {
    expect(text(crontab(expression).nextAfter(at(now), at(now)))).toBe(due);
  });

  it.each([
    ['0 3 * * *', { minute: 0, hour: 3 }],
    ['*/15 8,20 * * 1-5', { minute: '*/15', hour: [8, 20], dayOfWeek: '1-5' }],
    ['5 4 3 2 *', { minute: 5, hour: '4', dayOfMonth: new Set([3]), monthOfYear: 2 }],
    ['* * * * *', {}],
  ])('takes the text %j or fields', (expression, fields) => {
    expect(crontab(fields).expression).toBe(expression);
    expect(ticks(crontab(fields), '2026-01-01T00:00:00Z', 20)).toEqual(
      ticks(crontab(expression), '2026-01-01T00:00:00Z', 20),
    );
  });

  it('takes fields aligned by spaces', () => {
    expect(crontab(' 0   3  *  *  mon ').expression).toBe('0 3 * * mon');
  });

  it('is every minute when nothing is given', () => {
    expect(crontab().expression).toBe('* * * * *');
  });

  it('collapses missed runs into the latest, the same whenever it last ran', () => {
    const schedule = crontab('*/15 * * * *', { timezone: 'Europe/Berlin' });
    const now = at('2026-01-01T12:07:00Z');

    expect(text(schedule.nextAfter(at('2026-01-01T10:00:00Z'), now))).toBe('2026-01-01T12:00Z');
    expect(text(schedule.nextAfter(at('2025-06-01T10:00:00Z'), now))).toBe('2026-01-01T12:00Z');
    expect(text(schedule.nextAfter(at('2026-01-01T12:00:00Z'), now))).toBe('2026-01-01T12:15Z');
  });

  it('finds a latest missed run that lies years back', () => {
    const due = crontab('30 1 29 2 *').nextAfter(at('2020-01-01T00:00:00Z'), at('2027-12-31T00:00:00Z'));

    expect(text(due)).toBe('2024-02-29T01:30Z');
  });

  it('waits for the first tick after a last run that lies ahead', () => {
    const due = crontab('0 * * * *').nextAfter(at('2026-01-01T12:00:00Z'), at('2026-01-01T10:00:00Z'));

    expect(text(due)).toBe('2026-01-01T13:00Z');
  });

  it('fires the last minute of a day that was missed over midnight', () => {
    const due = crontab('50,55 23 * * *').nextAfter(at('2026-01-01T23:50:00Z'), at('2026-01-02T00:01:00Z'));

    expect(text(due)).toBe('2026-01-01T23:55Z');
  });

  it('describes itself', () => {
    expect(crontab('0 3 * * *', { timezone: 'Europe/Paris' }).describe()).toBe('crontab "0 3 * * *" in Europe/Paris');
  });

  it('takes a zone for all entries unless it has one of its own', () => {
    const own = crontab('0 3 * * *', { timezone: 'Europe/Paris' });

    expect(own.withDefaultTimezone('Asia/Tokyo')).toBe(own);
    expect(crontab('0 3 * * *', { dst: 'exact' }).withDefaultTimezone('Asia/Tokyo')).toMatchObject({
      timezone: 'Asia/Tokyo',
      dst: 'exact',
      expression: '0 3 * * *',
    });
  });
});

describe('crontab where the clock is set', () => {
  it.each<[string, string, 'celery' | 'exact', string, string[]]>([
    ['30 2 * * *', 'Europe/Berlin', 'celery', '2026-03-28T12:00Z', ['2026-03-29T01:30Z', '2026-03-30T00:30Z']],
    ['30 2 * * *', 'Europe/Berlin', 'exact', '2026-03-28T12:00Z', ['2026-03-29T01:30Z', '2026-03-30T00:30Z']],
    ['30 2 * * *', 'Europe/Berlin', 'celery', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['30 2 * * *', 'Europe/Berlin', 'exact', '2026-10-24T12:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['0 * * * *', 'Europe/Berlin', 'celery', '2026-10-24T23:30Z', ['2026-10-25T00:00Z', '2026-10-25T02:00Z']],
    ['0 * * * *', 'Europe/Berlin', 'exact', '2026-10-24T23:30Z', ['2026-10-25T00:00Z', '2026-10-25T01:00Z']],
    ['*/30 * * * *', 'America/New_York', 'celery', '2026-11-01T05:00Z', ['2026-11-01T05:30Z', '2026-11-01T07:00Z']],
    ['*/30 * * * *', 'America/New_York', 'exact', '2026-11-01T05:00Z', ['2026-11-01T05:30Z', '2026-11-01T06:00Z']],
    ['30 0 * * *', 'America/Sao_Paulo', 'celery', '2018-11-03T12:00Z', ['2018-11-04T03:30Z', '2018-11-05T02:30Z']],
    ['30 23 * * *', 'America/Sao_Paulo', 'celery', '2018-02-17T12:00Z', ['2018-02-18T01:30Z', '2018-02-19T02:30Z']],
    ['15 2 * * *', 'Australia/Lord_Howe', 'celery', '2026-10-03T12:00Z', ['2026-10-03T15:45Z', '2026-10-04T15:15Z']],
    ['15 * * * *', 'Australia/Lord_Howe', 'celery', '2026-10-03T15:00Z', ['2026-10-03T15:45Z', '2026-10-03T16:15Z']],
    ['15 * * * *', 'Australia/Lord_Howe', 'exact', '2026-10-03T15:00Z', ['2026-10-03T16:15Z', '2026-10-03T17:15Z']],
    [
      '0 12 * * *',
      'Pacific/Apia',
      'celery',
      '2011-12-29T12:00Z',
      ['2011-12-29T22:00Z', '2011-12-30T22:00Z', '2011-12-31T22:00Z'],
    ],
    ['0 0 * * *', 'Asia/Kathmandu', 'celery', '2026-01-01T00:00Z', ['2026-01-01T18:15Z', '2026-01-02T18:15Z']],
  ])('%s in %s (%s) after %s', (expression, timezone, dst, from, expected) => {
    expect(ticks(crontab(expression, { timezone, dst }), from, expected.length)).toEqual(expected);
  });

  it('never goes back, from whatever moment of a repeated hour it looks', () => {
    const schedule = crontab('*/30 * * * *', { timezone: 'Europe/Berlin' });

    expect(text(schedule.nextAfter(at('2026-10-25T01:15Z'), at('2026-10-25T01:15Z')))).toBe('2026-10-25T02:00Z');
  });
});

describe('crontab refuses', () => {
  it.each([
    ['', 'it has 0 fields'],
    ['* * * *', 'it has 4 fields'],
    ['0 * * * * *', 'it has 6 fields, and seconds are not supported'],
    ['@daily', 'it has 1 field'],
  ])('%j: %s', (expression, problem) => {
    expect(() => crontab(expression)).toThrow(
      `cannot be "${expression}" (string): ${problem}. Expected five fields (minute, hour, day of month, month, day of week) such as "30 3 * * mon-fri".`,
    );
    expect(() => crontab(expression)).toThrow(InvalidCrontabError);
  });

  it.each([['0 0 31 2 *'], ['0 0 30,31 feb *'], ['0 0 31 2,4,6,9,11 mon']])(
    '%j, which would never be due',
    (expression) => {
      expect(() => crontab(expression)).toThrow(/^Crontab field "dayOfMonth" cannot be .* so it would never be due\. /);
    },
  );

  it('says which days never come', () => {
    expect(() => crontab({ dayOfMonth: 31, monthOfYear: [4, 6] })).toThrow(
      'Crontab field "dayOfMonth" cannot be 31 (number): no month of "4,6" has such a day, so it would never be due.' +
        ' Expected a day that comes in one of the months at least.',
    );
  });

  it.each([['0 0 29 2 *'], ['0 0 31 1,2 *'], ['0 0 30 11 *']])('not %j', (expression) => {
    expect(crontab(expression).expression).toBe(expression);
  });

  it('a zone that does not exist', () => {
    expect(() => crontab('* * * * *', { timezone: 'Mars/Base' })).toThrow(
      new InvalidOptionError(
        'crontab.timezone',
        'the name of an IANA time zone, such as "Europe/Paris" or "UTC"',
        'Mars/Base',
        { cause: expect.anything() },
      ),
    );
  });

  it('a dst mode that does not exist', () => {
    expect(() => crontab('* * * * *', { dst: 'vixie' as 'exact' })).toThrow(
      new InvalidOptionError('crontab.dst', '"celery" or "exact"', 'vixie'),
    );
  });

  it.each([
    [{ day_of_week: 1 }, 'Unknown option "crontab.day_of_week"; did you mean "dayOfWeek"?'],
    [{ minutes: 1 }, 'Unknown option "crontab.minutes"; did you mean "minute"?'],
    [{ timeZone: 'UTC' }, 'Unknown option "crontab.timeZone"; did you mean "timezone"?'],
    [{ second: 0 }, 'Unknown option "crontab.second"'],
  ])('fields %j', (fields, message) => {
    expect(() => crontab(fields as object)).toThrow(message);
    expect(() => crontab('* * * * *', fields as object)).toThrow(UnknownOptionError);
  });

  it('what is no text and no object', () => {
    expect(() => crontab(null as unknown as string)).toThrow(InvalidOptionError);
    expect(() => crontab('* * * * *', ['UTC'] as object)).toThrow(InvalidOptionError);
  });
});
