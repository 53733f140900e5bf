import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../../lib/errors/index.js';
import { TimeZone } from '../../../lib/time/index.js';

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);
const texts = (instants: readonly number[]): string[] => instants.map((ms) => new Date(ms).toISOString());

describe('TimeZone', () => {
  it.each([
    ['UTC', '2026-01-01T00:00Z', 0],
    ['Europe/Berlin', '2026-01-01T00:00Z', HOUR],
    ['Europe/Berlin', '2026-07-01T00:00Z', 2 * HOUR],
    ['Europe/Kyiv', '2026-01-01T00:00Z', 2 * HOUR],
    ['America/New_York', '2026-01-01T00:00Z', -5 * HOUR],
    ['Asia/Kathmandu', '2026-01-01T00:00Z', 5.75 * HOUR],
    ['Australia/Lord_Howe', '2026-01-01T00:00Z', 11 * HOUR],
    ['Australia/Lord_Howe', '2026-07-01T00:00Z', 10.5 * HOUR],
    ['Africa/Monrovia', '1970-01-01T00:00Z', -(44 * 60 + 30) * 1_000],
  ])('knows the offset of %s at %s', (zone, instant, offset) => {
    expect(TimeZone.named(zone).offsetAt(at(instant))).toBe(offset);
  });

  it('changes the offset at the exact instant', () => {
    const berlin = TimeZone.named('Europe/Berlin');
    const change = at('2026-03-29T01:00:00Z');

    expect([berlin.offsetAt(change - 1), berlin.offsetAt(change)]).toEqual([HOUR, 2 * HOUR]);
  });

  it.each([
    ['Europe/Berlin', '2026-06-01T02:30Z', ['2026-06-01T00:30:00.000Z']],
    ['Europe/Berlin', '2026-03-29T01:59Z', ['2026-03-29T00:59:00.000Z']],
    ['Europe/Berlin', '2026-03-29T02:30Z', ['2026-03-29T01:30:00.000Z']],
    ['Europe/Berlin', '2026-03-29T03:00Z', ['2026-03-29T01:00:00.000Z']],
    ['Europe/Berlin', '2026-10-25T02:30Z', ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']],
    ['Europe/Berlin', '2026-10-25T03:00Z', ['2026-10-25T02:00:00.000Z']],
    ['America/Sao_Paulo', '2018-11-04T00:30Z', ['2018-11-04T03:30:00.000Z']],
    ['Australia/Lord_Howe', '2026-10-04T02:15Z', ['2026-10-03T15:45:00.000Z']],
    ['Pacific/Apia', '2011-12-30T12:00Z', ['2011-12-30T22:00:00.000Z']],
  ])('finds when the clock of %s shows %s', (zone, wall, instants) => {
    const timeZone = TimeZone.named(zone);

    expect(texts(timeZone.instantsOf(at(wall)))).toEqual(instants);
    expect(timeZone.toInstant(at(wall))).toBe(at(instants[0]!));
  });

  it('says whether the clock is set within a day of a date', () => {
    const berlin = TimeZone.named('Europe/Berlin');

    expect(berlin.isSteadyAround(at('2026-03-29T12:00Z'))).toBe(false);
    expect(berlin.isSteadyAround(at('2026-04-01T12:00Z'))).toBe(true);
  });

  it('gives right answers for more days than it remembers', () => {
    const paris = TimeZone.named('Europe/Paris');
    const winters = Array.from({ length: 1_200 }, (_, day) => at('2026-01-01T00:00Z') + day * 24 * HOUR);

    const offsets = new Set(winters.map((instant) => paris.offsetAt(instant)));

    expect(offsets).toEqual(new Set([HOUR, 2 * HOUR]));
    expect(paris.offsetAt(winters[0]!)).toBe(HOUR);
  });

  it('keeps the name it was given and makes each zone once', () => {
    expect(TimeZone.named('Europe/Kyiv').name).toBe('Europe/Kyiv');
    expect(TimeZone.named('Europe/Kyiv')).toBe(TimeZone.named('Europe/Kyiv'));
  });

  it.each([['Mars/Base'], [''], ['+01:00'], ['Europe/Paris ']])('refuses %j, naming the option', (name) => {
    expect(() => TimeZone.named(name, 'beat.timezone')).toThrow(
      new InvalidOptionError('beat.timezone', 'the name of an IANA time zone, such as "Europe/Paris" or "UTC"', name),
    );
    expect(() => TimeZone.named(name)).toThrow(InvalidOptionError);
  });
});
