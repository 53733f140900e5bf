import { InvalidCrontabError } from '../errors/index.js';

/** One field of a crontab: a number, a text such as `'1,13,30-45/5'`, or a list or set of numbers. */
export type CrontabFieldValue = number | string | readonly number[] | ReadonlySet<number>;

/** What a field is called and may hold. */
export interface CrontabField {
  readonly name: 'minute' | 'hour' | 'dayOfMonth' | 'monthOfYear' | 'dayOfWeek';
  readonly min: number;
  readonly max: number;
  /** Full names of the values from `min` on; three letters or more of one will do. */
  readonly names: readonly string[];
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

/** The fields in the order of a crontab's text. */
export const CRONTAB_FIELDS = [
  { name: 'minute', min: 0, max: 59, names: [] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'dayOfMonth', min: 1, max: 31, names: [] },
  { name: 'monthOfYear', min: 1, max: 12, names: MONTHS },
  { name: 'dayOfWeek', min: 0, max: 6, names: WEEKDAYS },
] as const satisfies readonly CrontabField[];

/**
 * The values a field stands for, ascending. Ranges may wrap (`22-3`, `sat-mon`); a step counts from the start of its
 * range, and needs a range or `*`. Names are taken in their own field only, where Celery takes any name in any field.
 * @throws {InvalidCrontabError} naming the field
 * @source celery/schedules.py `crontab_parser`
 */
export function parseCrontabField(field: CrontabField, value: CrontabFieldValue): readonly number[] {
  const fail = (problem: string): never => {
    throw new InvalidCrontabError(field.name, value, problem, accepted(field));
  };
  const parts =
    typeof value === 'string' ? value.split(',').map((part) => expand(field, part, fail)) : [listed(value, fail)];
  const values = [...new Set(parts.flat())].sort((a, b) => a - b);
  for (const number of values) checkBounds(field, number, fail);
  return values;
}

/** A field's value as the text it has in `m h dom mon dow`. */
export function formatCrontabField(value: CrontabFieldValue): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : [...value].join(',');
}

type Fail = (problem: string) => never;

function listed(value: Exclude<CrontabFieldValue, string>, fail: Fail): readonly number[] {
  const numbers =
    typeof value === 'number' ? [value] : isListOrSet(value) ? [...value] : fail('it is no text, number or list');
  if (numbers.length === 0) return fail('it is empty');
  for (const number of numbers) if (!Number.isInteger(number)) fail(`${String(number)} is not a whole number`);
  return numbers;
}

function isListOrSet(value: unknown): value is readonly number[] | ReadonlySet<number> {
  return Array.isArray(value) || value instanceof Set;
}

function expand(field: CrontabField, part: string, fail: Fail): readonly number[] {
  if (part === '') return fail('a part of it is empty');
  if (part.startsWith('-')) return fail('negative numbers are not possible');
  const [, base, isStepped, step] = /^([^/]*)(\/(.*))?$/.exec(part) ?? [];
  if (base === undefined) return fail(`"${part}" cannot be read`);

  const range = base === '*' ? between(field.min, field.max) : expandRange(field, base, fail);
  if (isStepped === undefined) return range;
  if (base !== '*' && !base.includes('-'))
    return fail(`a step needs "*" or a range before it, as in "${base}-${field.max}/${step || 2}"`);
  if (!/^0*[1-9]\d*$/.test(step ?? '')) return fail(`the step in "${part}" is not a number of at least 1`);
  return range.filter((_, index) => index % Number(step) === 0);
}

function expandRange(field: CrontabField, base: string, fail: Fail): readonly number[] {
  const [from, to, ...more] = base.split('-').map((text) => toNumber(field, text, fail));
  if (from === undefined || more.length > 0) return fail(`"${base}" is not a range of two values`);
  if (to === undefined) return [from];
  return to < from ? [...between(from, field.max), ...between(field.min, to)] : between(from, to);
}

function toNumber(field: CrontabField, text: string, fail: Fail): number {
  if (/^\d+$/.test(text)) return checkBounds(field, Number(text), fail);
  const index = text.length < 3 ? -1 : field.names.findIndex((name) => name.startsWith(text.toLowerCase()));
  return index < 0 ? fail(`"${text}" is not a number${field.names.length > 0 ? ' or a name' : ''}`) : field.min + index;
}

function checkBounds({ name, min, max }: CrontabField, number: number, fail: Fail): number {
  if (number > max) fail(`${number} is above ${max}${name === 'dayOfWeek' ? ', and Sunday is 0' : ''}`);
  if (number < min) fail(`${number} is below ${min}`);
  return number;
}

function between(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function accepted({ name, min, max, names }: CrontabField): string {
  const numbers = name === 'dayOfWeek' ? 'numbers from 0 (Sunday) to 6' : `numbers from ${min} to ${max}`;
  const named = names.length > 0 ? ` or names such as "${names[1]?.slice(0, 3)}"` : '';
  return `${numbers}${named}, "*", ranges "a-b", steps "*/n" and "a-b/n", or several of these separated by commas`;
}
