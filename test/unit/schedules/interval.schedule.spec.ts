import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError, UnknownOptionError } from '../../../lib/errors/index.js';
import { every } from '../../../lib/schedules/index.js';

const at = (text: string): number => Date.parse(text);
const text = (ms: number): string => new Date(ms).toISOString();

describe('every', () => {
  it.each([
    ['30s', '2026-01-01T10:00:12Z', '2026-01-01T10:00:30.000Z'],
    ['30s', '2026-01-01T10:00:30Z', '2026-01-01T10:01:00.000Z'],
    ['15m', '2026-01-01T10:07:00Z', '2026-01-01T10:15:00.000Z'],
    ['1d', '2026-01-01T10:07:00Z', '2026-01-02T00:00:00.000Z'],
    ['1w', '2026-01-01T10:07:00Z', '2026-01-08T00:00:00.000Z'],
    [250, '2026-01-01T10:07:00.1Z', '2026-01-01T10:07:00.250Z'],
    ['7m', '1969-12-31T23:59:00Z', '1970-01-01T00:00:00.000Z'],
    ['7m', '1969-12-31T23:50:00Z', '1969-12-31T23:53:00.000Z'],
  ])('%s is due next after %s at %s', (interval, now, due) => {
    expect(text(every(interval).nextAfter(at(now), at(now)))).toBe(due);
  });

  it('collapses missed runs into the latest', () => {
    const due = every('30s').nextAfter(at('2026-01-01T10:00:00Z'), at('2026-01-01T10:05:10Z'));

    expect(text(due)).toBe('2026-01-01T10:05:00.000Z');
  });

  it('is not due again at the tick that ran last', () => {
    const tick = at('2026-01-01T10:00:30Z');

    expect(every('30s').nextAfter(tick, tick + 5)).toBe(tick + 30_000);
  });

  it('waits for the first tick after a last run that lies ahead', () => {
    const due = every('30s').nextAfter(at('2026-01-01T11:00:00Z'), at('2026-01-01T10:00:00Z'));

    expect(text(due)).toBe('2026-01-01T11:00:30.000Z');
  });

  it.each([
    ['90m', ['00:00', '01:00', '03:00', '04:00', '06:00']],
    ['90s', ['00:00', '00:01', '00:03', '00:04', '00:06']],
    ['1h', ['00:00', '01:00', '02:00', '03:00', '04:00']],
  ])('cuts the ticks of %s to its unit when relative', (interval, expected) => {
    const schedule = every(interval, { relative: true });
    const ticks = [at('2026-01-01T00:00:00Z')];
    while (ticks.length < 5) ticks.push(schedule.nextAfter(ticks.at(-1)!, ticks.at(-1)!));

    expect(ticks.map((tick) => text(tick).slice(11, 16))).toEqual(expected);
  });

  it('cuts to midnight from a day on, to the second below a minute', () => {
    const now = at('2026-01-01T10:00:00.1Z');

    expect(text(every('36h', { relative: true }).nextAfter(now, now))).toMatch(/T00:00:00.000Z$/);
    expect(text(every('1.5s', { relative: true }).nextAfter(now, now))).toMatch(/\.000Z$/);
  });

  it('gives every process the same tick, whenever it last looked', () => {
    const times = fc.integer({ min: 0, max: 2e12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.boolean(), times, times, times, (ms, relative, a, b, c) => {
        const [earlier, last, now] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
        const schedule = every(ms, { relative });

        const due = schedule.nextAfter(last, now);

        expect(due).toBeGreaterThan(last);
        if (due <= now) expect(schedule.nextAfter(earlier, now)).toBe(due);
        else expect(schedule.nextAfter(now, now)).toBe(due);
        expect(schedule.nextAfter(due - 1, due)).toBe(due);
        expect(due - now).toBeLessThan(2 * ms);
      }),
    );
  });

  it('describes itself', () => {
    expect(every('90s').describe()).toBe('every 1 m 30 s');
    expect(every('1h', { relative: true }).describe()).toBe('every 1 h, relative');
  });

  it.each([[0], ['0s'], [1.5], ['0.1ms'], [2 ** 53]])('refuses %j, which has no whole milliseconds', (interval) => {
    expect(() => every(interval)).toThrow(
      /^Expected option "every" to be a whole number of milliseconds, 1 or more, got /,
    );
  });

  it.each([[-1], ['soon'], [NaN]])('refuses %j, which is no duration', (interval) => {
    expect(() => every(interval)).toThrow(InvalidOptionError);
  });

  it('refuses options that it does not know, or cannot use', () => {
    expect(() => every('1h', { relativ: true } as object)).toThrow(
      new UnknownOptionError('every.relativ', 'relative', ['relative']),
    );
    expect(() => every('1h', { relative: 1 as unknown as boolean })).toThrow(
      new InvalidOptionError('every.relative', 'true or false', 1),
    );
  });
});
