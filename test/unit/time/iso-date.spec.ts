import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidDateError, InvalidOptionError } from '../../../lib/errors/index.js';
import { formatIso, parseIso, TimeZone } from '../../../lib/time/index.js';

const NOON = Date.UTC(2026, 0, 31, 12);

describe('formatIso', () => {
  it.each([
    [NOON, '2026-01-31T12:00:00+00:00'],
    [NOON + 123, '2026-01-31T12:00:00.123000+00:00'],
    [NOON + 0.25, '2026-01-31T12:00:00.000250+00:00'],
    [NOON + 999.9999, '2026-01-31T12:00:01+00:00'],
    [-1, '1969-12-31T23:59:59.999000+00:00'],
    [Date.parse('0001-01-01T00:00:00Z'), '0001-01-01T00:00:00+00:00'],
    [Date.UTC(9999, 11, 31, 23, 59, 59), '9999-12-31T23:59:59+00:00'],
  ])('writes %d as %s', (ms, text) => {
    expect(formatIso(ms)).toBe(text);
  });

  it.each([[NaN], [Infinity], [Date.UTC(10_000, 0, 1)], [Date.parse('0001-01-01T00:00:00Z') - 1]])(
    'refuses %d',
    (ms) => {
      expect(() => formatIso(ms)).toThrow(InvalidDateError);
    },
  );
});

describe('parseIso', () => {
  it.each([
    ['2026-01-31T12:00:00+00:00', NOON],
    ['2026-01-31T12:00:00Z', NOON],
    ['2026-01-31 12:00:00Z', NOON],
    ['2026-01-31T12:00:00', NOON],
    ['2026-01-31T12:00', NOON],
    ['2026-01-31', NOON - 12 * 3_600_000],
    ['2026-01-31T14:00:00+02:00', NOON],
    ['2026-01-31T14:00:00+0200', NOON],
    ['2026-01-31T14:00:00+02', NOON],
    ['2026-01-31T06:30:00-05:30', NOON],
    ['2026-01-31T12:19:32+00:19:32', NOON],
    ['2026-01-31T12:00:00.1Z', NOON + 100],
    ['2026-01-31T12:00:00.123Z', NOON + 123],
    ['2026-01-31T12:00:00,123Z', NOON + 123],
    ['2026-01-31T12:00:00.123250+00:00', NOON + 123.25],
    ['2026-01-31T12:00:00.123250000Z', NOON + 123.25],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['0099-01-01T00:00:00Z', Date.parse('0099-01-01T00:00:00Z')],
  ])('reads %s', (text, ms) => {
    expect(parseIso(text)).toBe(ms);
  });

  it.each(
    [
      ['', 'yesterday', '2026', '2026-1-31', '2026-01-31T', '2026-01-31T12', '2026-01-31T12:00:00.Z'],
      [
        '2026-01-31T12:00:00.1234567890Z',
        '2026-01-31T12:00:00 Z',
        ' 2026-01-31',
        '2026-01-31\n',
        '+02026-01-31T12:00:00Z',
      ],
      ['2026-02-29', '2026-00-10', '2026-13-01', '2026-01-00', '2026-04-31', '0000-01-01'],
      [
        '2026-01-31T24:00:00Z',
        '2026-01-31T23:60:00Z',
        '2026-01-31T23:59:60Z',
        '2026-01-31T12:00:00+24:00',
        '2026-01-31T12:00:00+01:60',
      ],
    ].flat(),
  )('refuses %j', (text) => {
    expect(() => parseIso(text)).toThrow(
      new InvalidDateError(text, 'an existing date and time in ISO 8601, such as "2026-01-31T12:00:00+00:00"'),
    );
  });

  it('says what it was given', () => {
    expect(() => parseIso('tomorrow')).toThrow(
      'Expected an existing date and time in ISO 8601, such as "2026-01-31T12:00:00+00:00", got "tomorrow" (string).',
    );
  });

  it.each([
    ['Europe/Berlin', '2026-01-31T13:00:00', NOON],
    ['Asia/Kathmandu', '2026-01-31T17:45:00', NOON],
    ['Europe/Berlin', '2026-01-31T12:00:00Z', NOON],
    ['Europe/Berlin', '2026-10-25T02:30:00.5', Date.UTC(2026, 9, 25, 0, 30) + 500],
    ['Europe/Berlin', '2026-03-29T02:30:00', Date.UTC(2026, 2, 29, 1, 30)],
  ])('takes a text without offset as time of %s: %s', (zone, text, ms) => {
    expect(parseIso(text, zone)).toBe(ms);
    expect(parseIso(text, TimeZone.named(zone))).toBe(ms);
  });

  it('refuses an unknown zone', () => {
    expect(() => parseIso('2026-01-31T12:00:00', 'Mars/Base')).toThrow(InvalidOptionError);
  });

  it('reads back what formatIso wrote, to the microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (ms) => {
        expect(parseIso(formatIso(ms))).toBe(ms);
      }),
    );
  });
});
