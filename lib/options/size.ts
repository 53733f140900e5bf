import { InvalidOptionError } from '../errors/index.js';

/**
 * An amount of memory as a user writes it: a number of bytes, or a text of a decimal number and a unit, such as `'200MiB'`.
 * @unit bytes for a number; `B`, `KiB`, `MiB`, `GiB` (of 1024) or `KB`, `MB`, `GB` (of 1000) for a text
 */
export type Size = number | string;

const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KB', 1_000],
  ['MB', 1_000 ** 2],
  ['GB', 1_000 ** 3],
  ['KiB', 1_024],
  ['MiB', 1_024 ** 2],
  ['GiB', 1_024 ** 3],
]);

const EXPECTED =
  'a whole number of at least 1 byte, or a text with a unit (B, KiB, MiB, GiB, KB, MB, GB) such as "200MiB"';

/**
 * Reads a size.
 * @param option path of the option it was given for
 * @returns whole bytes
 * @throws {InvalidOptionError} when it is none, or has no known unit
 */
export function parseSize(value: Size, option: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  if (typeof value !== 'string') throw new InvalidOptionError(option, EXPECTED, value);

  const [, digits, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(value) ?? [];
  const bytes = Math.round(Number(digits) * (UNIT_BYTES.get(unit) ?? NaN));
  if (digits === undefined || !(bytes >= 1))
    throw new InvalidOptionError(option, EXPECTED + suggestion(digits, unit), value);
  return bytes;
}

/** What people write by habit: "200M", "200mb", "200". */
function suggestion(digits: string | undefined, unit: string): string {
  if (digits === undefined || UNIT_BYTES.has(unit)) return '';
  if (unit === '') return ` (did you mean "${digits}MiB", or the number ${Number(digits)} for bytes?)`;
  const meant = [...UNIT_BYTES.keys()].find((known) => known.toLowerCase() === unit.toLowerCase());
  const letter = /^[kmg]$/i.test(unit) ? `${unit.toUpperCase()}iB` : undefined;
  return (meant ?? letter) ? ` (did you mean "${digits}${meant ?? letter}"?)` : '';
}

/** A size for people: `512 B`, `83.5 MiB`. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const unitBytes = UNIT_BYTES.get(unit) as number;
    if (bytes >= unitBytes) return `${Math.round((bytes / unitBytes) * 10) / 10} ${unit}`;
  }
  return `${bytes} B`;
}
