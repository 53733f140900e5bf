import { InvalidOptionError } from '../errors/index.js';

/**
 * A length of time as a user writes it: a number of milliseconds, or a text of a decimal number and a unit,
 * such as `'30s'` or `'1.5h'`.
 * @unit milliseconds for a number; `ms`, `s`, `m` (minutes), `h`, `d` or `w` for a text
 */
export type Duration = number | string;

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);

/** What people write by habit, longest first, for "did you mean". */
const HABITS: readonly (readonly [RegExp, string])[] = [
  [/^(milli|msec)/i, 'ms'],
  [/^mo/i, ''],
  [/^m/i, 'm'],
  [/^s/i, 's'],
  [/^h/i, 'h'],
  [/^d/i, 'd'],
  [/^w/i, 'w'],
];

const EXPECTED = '0 or more milliseconds, or a text with a unit (ms, s, m, h, d, w) such as "30s"';

/**
 * Reads a duration.
 * @param option path of the option it was given for, such as `worker.timeLimit`
 * @returns milliseconds, exact to the microsecond
 * @throws {InvalidOptionError} when it is negative, not finite, or not a number with a known unit
 */
export function parseDuration(value: Duration, option: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  if (typeof value !== 'string') throw new InvalidOptionError(option, EXPECTED, value);

  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)\s*$/i.exec(value) ?? [];
  const unitMs = UNIT_MS.get(unit ?? '');
  const ms = Number(digits) * (unitMs ?? NaN);
  if (digits === undefined || !Number.isFinite(ms)) {
    throw new InvalidOptionError(option, EXPECTED + suggestion(digits, unit), value);
  }
  return Math.round(ms * 1_000) / 1_000; // 1.1 h is 3 960 000.0000000005 ms in floating point
}

function suggestion(digits: string | undefined, unit: string | undefined): string {
  if (digits === undefined || unit === undefined || UNIT_MS.has(unit)) return '';
  if (unit === '') return ` (did you mean "${digits}s", or the number ${Number(digits)} for milliseconds?)`;
  const meant = HABITS.find(([habit]) => habit.test(unit))?.[1];
  return meant ? ` (did you mean "${digits}${meant}"?)` : '';
}

const PARTS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/**
 * A duration for people, in its two largest units: `250 ms`, `1.5 s`, `1 m 30 s`, `2 d 3 h`.
 * @unit milliseconds
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return String(ms);
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms > 0 && ms < 999.9995) return `${Math.round(ms * 1_000) / 1_000} ms`;

  let rest = Math.round(ms);
  const words: string[] = [];
  for (const [unit, unitMs] of PARTS) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0) words.push(`${count} ${unit}`);
    else if (words.length > 0) words.push(''); // keeps "1 d 5 s" from reading as more exact than "1 d"
  }
  if (words.length < 2) words.push(rest > 0 || words.length === 0 ? `${rest / 1_000} s` : '');
  return words.slice(0, 2).filter(Boolean).join(' ');
}
