import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../lib/errors/index.js';
import { Decimal, Uuid, WireDate, WireDateTime, WireTime } from '../../../lib/serialization/index.js';

describe('WireDateTime', () => {
  it.each([
    ['2024-02-03T04:05:06.000789+00:00', '2024-02-03T04:05:06.000Z'],
    ['2024-02-03T04:05:06', '2024-02-03T04:05:06.000Z'],
    ['2024-02-03T04:05:06.123456', '2024-02-03T04:05:06.123Z'],
    ['2030-01-02T03:04:05+05:30', '2030-01-01T21:34:05.000Z'],
    ['2030-01-02T03:04:05.5-08:00', '2030-01-02T11:04:05.500Z'],
    ['1890-01-01T00:00:00+00:53:28', '1889-12-31T23:06:32.000Z'],
    ['0001-01-01T00:00:00+00:00', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999999+00:00', '9999-12-31T23:59:59.999Z'],
  ])('%s is a moment, and is written the same again', (text, moment) => {
    const value = WireDateTime.fromIso(text);

    expect(value.toISOString()).toBe(moment);
    expect(value.toIso()).toBe(text.replace('.5-', '.500000-'));
    expect(value).toBeInstanceOf(Date);
  });

  it('says whether it is naive', () => {
    expect(WireDateTime.fromIso('2024-02-03T04:05:06').naive).toBe(true);
    expect(WireDateTime.fromIso('2024-02-03T04:05:06Z').naive).toBe(false);
  });

  it.each([
    ['2024-02-03T04:05:06.000789+00:00', 'datetime.datetime(2024, 2, 3, 4, 5, 6, 789, tzinfo=datetime.timezone.utc)'],
    ['2024-02-03T04:05:00', 'datetime.datetime(2024, 2, 3, 4, 5)'],
    ['2024-02-03', 'datetime.datetime(2024, 2, 3, 0, 0)'],
    [
      '2024-02-03T04:05:06+05:30',
      'datetime.datetime(2024, 2, 3, 4, 5, 6, tzinfo=datetime.timezone(datetime.timedelta(seconds=19800)))',
    ],
    [
      '2024-02-03T04:05:06-05:00',
      'datetime.datetime(2024, 2, 3, 4, 5, 6, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400)))',
    ],
  ])('%s is shown as Python shows it', (text, shown) => {
    expect(WireDateTime.fromIso(text).toPython()).toBe(shown);
  });

  it.each([
    '',
    '2024',
    '2024-13-01T00:00:00',
    '2023-02-29',
    '2024-02-03T24:00',
    '2024-02-03T00:00:60',
    '2024-02-03X00:00',
    'now',
  ])('refuses %j', (text) => {
    expect(() => WireDateTime.fromIso(text)).toThrow(DecodeError);
  });
});

describe('WireDate and WireTime', () => {
  it('are written as Python writes them', () => {
    expect(`${new WireDate(2024, 2, 3)} ${new WireTime(4, 5)}`).toBe('2024-02-03 04:05:00');
    expect(JSON.stringify([new WireDate(33, 1, 2), new WireTime(4, 5, 6, 7, -3_600)])).toBe(
      '["0033-01-02","04:05:06.000007-01:00"]',
    );
    expect(new WireDate(2024, 2, 3).toDate()).toEqual(new Date('2024-02-03T00:00:00Z'));
  });

  it('refuse what is none', () => {
    expect(() => new WireDate(2024, 2, 30)).toThrow(DecodeError);
    expect(() => new WireTime(24, 0)).toThrow(DecodeError);
    expect(() => WireDate.fromIso('2024-02-03x')).toThrow(DecodeError);
  });
});

describe('Decimal', () => {
  it.each([
    ['12.340', 12.34],
    ['-0', -0],
    ['1E+3', 1000],
    ['.5', 0.5],
    ['-Infinity', -Infinity],
    ['inf', Infinity],
    ['sNaN12', NaN],
  ])('%s keeps its digits', (text, number) => {
    const value = new Decimal(text);

    expect(String(value)).toBe(text);
    expect(value.toNumber()).toBe(number);
  });

  it('is made of numbers too', () => {
    expect([new Decimal(1.5), new Decimal(2n ** 70n)].map(String)).toEqual(['1.5', '1180591620717411303424']);
  });

  it.each(['', 'x', '1_000', '1,5', '--1', '1e'])('refuses %j', (text) => {
    expect(() => new Decimal(text)).toThrow(DecodeError);
  });
});

describe('Uuid', () => {
  it('is read with and without dashes', () => {
    const texts = [
      '6a7a1c2e-0b6f-11ef-8000-000000000001',
      '6A7A1C2E0B6F11EF8000000000000001',
      'urn:uuid:6a7a1c2e-0b6f-11ef-8000-000000000001',
    ];

    expect(texts.map((text) => String(new Uuid(text)))).toEqual(Array(3).fill('6a7a1c2e-0b6f-11ef-8000-000000000001'));
    expect(() => new Uuid('6a7a')).toThrow(DecodeError);
  });
});
