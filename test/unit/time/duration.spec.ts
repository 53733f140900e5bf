import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../../lib/errors/index.js';
import { formatDuration, parseDuration } from '../../../lib/time/index.js';

const EXPECTED = '0 or more milliseconds, or a text with a unit (ms, s, m, h, d, w) such as "30s"';

describe('parseDuration', () => {
  it.each([
    [0, 0],
    [250, 250],
    [1.5, 1.5],
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['1.1h', 3_960_000],
    ['.5s', 500],
    ['2d', 172_800_000],
    ['1w', 604_800_000],
    [' 30 s ', 30_000],
    ['0.001ms', 0.001],
  ])('reads %j as %d ms', (value, ms) => {
    expect(parseDuration(value, 'worker.timeLimit')).toBe(ms);
  });

  it.each([[-1], [NaN], [Infinity], ['-5s'], [''], ['s'], ['1h30m'], ['1e3s'], ['5mo'], [`${'9'.repeat(400)}d`]])(
    'refuses %j, naming the option',
    (value) => {
      expect(() => parseDuration(value, 'worker.timeLimit')).toThrow(
        new InvalidOptionError('worker.timeLimit', EXPECTED, value),
      );
    },
  );

  it.each([
    ['30', 'did you mean "30s", or the number 30 for milliseconds?'],
    ['5min', 'did you mean "5m"?'],
    ['5M', 'did you mean "5m"?'],
    ['2 hours', 'did you mean "2h"?'],
    ['10sec', 'did you mean "10s"?'],
    ['10 msecs', 'did you mean "10ms"?'],
    ['3 days', 'did you mean "3d"?'],
    ['1week', 'did you mean "1w"?'],
  ])('suggests what %j may have meant', (value, hint) => {
    expect(() => parseDuration(value, 'o')).toThrow(`(${hint})`);
  });

  it.each([[null], [undefined], [{}], [true]])('refuses %j from untyped configuration', (value) => {
    expect(() => parseDuration(value as unknown as string, 'o')).toThrow(InvalidOptionError);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [0.25, '0.25 ms'],
    [250, '250 ms'],
    [999.9999, '1 s'],
    [1_000, '1 s'],
    [1_500, '1.5 s'],
    [30_000, '30 s'],
    [90_000, '1 m 30 s'],
    [90_500, '1 m 30.5 s'],
    [3_600_000, '1 h'],
    [3_630_000, '1 h'],
    [5_400_000, '1 h 30 m'],
    [86_405_000, '1 d'],
    [183_600_000, '2 d 3 h'],
    [-30_000, '-30 s'],
    [Infinity, 'Infinity'],
  ])('writes %d ms as %j', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
