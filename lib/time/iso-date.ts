import { InvalidDateError } from '../errors/index.js';
import { TimeZone } from './time-zone.js';

// Python's datetime knows the years 1 to 9999.
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const END_MS = Date.UTC(10_000, 0, 1);

/**
 * Writes a moment as Python's `isoformat()` does for UTC: an explicit `+00:00`, six fraction digits, or none when they
 * are zero.
 * @param ms milliseconds since the epoch; rounded to the microsecond
 * @throws {InvalidDateError} outside the years 1 to 9999
 */
export function formatIso(ms: number): string {
  let wholeMs = Math.floor(ms);
  let micros = Math.round((ms - wholeMs) * 1_000);
  if (micros === 1_000) [wholeMs, micros] = [wholeMs + 1, 0];
  if (!(wholeMs >= FIRST_MS && wholeMs < END_MS)) {
    throw new InvalidDateError(ms, 'milliseconds since the epoch, in the years 1 to 9999');
  }

  const second = Math.floor(wholeMs / 1_000);
  const fractionMicros = (wholeMs - second * 1_000) * 1_000 + micros;
  const fraction = fractionMicros === 0 ? '' : `.${String(fractionMicros).padStart(6, '0')}`;
  return `${textOfSecond(second)}${fraction}+00:00`;
}

/** Moments that are written one after the other mostly lie in the same second, whose text costs more than all the rest. */
const newest = { second: NaN, text: '' };

function textOfSecond(second: number): string {
  if (second !== newest.second) {
    newest.text = new Date(second * 1_000).toISOString().slice(0, 19);
    newest.second = second;
  }
  return newest.text;
}

const DATE = String.raw`(\d{4})-(\d{2})-(\d{2})`;
const TIME = String.raw`(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?`;
const OFFSET = String.raw`Z|([+-])(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.\d{1,6})?)?)?`;
const ISO = new RegExp(`^${DATE}(?:[T ]${TIME}(${OFFSET})?)?$`);

/**
 * Reads a date and time as other workers write them: a fraction of up to nine digits, `Z`, `±HH:MM`, `±HHMM`, or no
 * offset. A date alone is its midnight.
 * @param naiveTimezone zone of a text without an offset; of a time that comes twice there the first is meant
 * @returns milliseconds since the epoch, the fraction kept
 * @throws {InvalidDateError} when the text is not ISO 8601, or names a day or time that does not exist
 * @throws {InvalidOptionError} when there is no such zone
 */
export function parseIso(text: string, naiveTimezone: string | TimeZone = 'UTC'): number {
  const [whole, year, month, day, hour = 0, minute = 0, second = 0, digits = '', offset, sign, ...off] =
    ISO.exec(text) ?? [];
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const wallMs = date.getTime();
  const [offHour, offMinute, offSecond] = off.map((part = '0') => Number(part)) as [number, number, number];
  const exists =
    date.getUTCDate() === Number(day) &&
    date.getUTCMonth() + 1 === Number(month) &&
    Number(year) >= 1 &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60 &&
    offHour < 24 &&
    offMinute < 60 &&
    offSecond < 60;
  if (whole === undefined || !exists) {
    throw new InvalidDateError(text, 'an existing date and time in ISO 8601, such as "2026-01-31T12:00:00+00:00"');
  }

  const fractionMs = Number(digits.padEnd(9, '0')) / 1_000_000;
  if (offset === undefined) return toInstant(wallMs, naiveTimezone) + fractionMs;
  const offsetMs = (offHour * 3_600 + offMinute * 60 + offSecond) * 1_000;
  return wallMs - (sign === '-' ? -offsetMs : offsetMs) + fractionMs;
}

function toInstant(wallMs: number, timezone: string | TimeZone): number {
  if (timezone === 'UTC') return wallMs;
  return (typeof timezone === 'string' ? TimeZone.named(timezone) : timezone).toInstant(wallMs);
}
