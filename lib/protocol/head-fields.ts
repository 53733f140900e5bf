import { InvalidTaskMessage } from '../errors/index.js';
import { parseIso } from '../time/index.js';
import { isMap } from './json-map.js';

type Fields = Readonly<Record<string, unknown>>;

/** A field that has to be a text with something in it. */
export function requiredText(fields: Fields, field: string): string {
  const value = fields[field];
  if (typeof value !== 'string' || value === '') throw new InvalidTaskMessage(field, 'a text', value);
  return value;
}

/** A field nothing is decided by: what is no text counts as absent. */
export function optionalText(fields: Fields, field: string): string | undefined {
  const value = fields[field];
  return typeof value === 'string' ? value : undefined;
}

/** A whole number of at least 0. */
export function optionalCount(fields: Fields, field: string): number | undefined {
  const value = fields[field] ?? undefined;
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0))
    return value as number | undefined;
  throw new InvalidTaskMessage(field, 'a whole number of at least 0', value);
}

/** Epoch milliseconds of an ISO date, also where a writer marked it as a typed value. */
export function optionalDate(fields: Fields, field: string, naiveTimezone: string): number | undefined {
  const value = fields[field] ?? undefined;
  if (value === undefined) return undefined;
  const text = isMap(value) && value['__type__'] === 'datetime' ? value['__value__'] : value;
  try {
    if (typeof text === 'string') return parseIso(text, naiveTimezone);
  } catch (error) {
    throw new InvalidTaskMessage(field, 'a date in ISO 8601, or null', value, { cause: error });
  }
  throw new InvalidTaskMessage(field, 'a date in ISO 8601, or null', value);
}

/** Hard and soft limit, in milliseconds; the wire has seconds, the hard one first. */
export function timeLimits(fields: Fields): readonly [hard: number | undefined, soft: number | undefined] {
  const value = fields['timelimit'] ?? undefined;
  if (value === undefined) return [undefined, undefined];
  const given: readonly unknown[] = Array.isArray(value) ? value : ['no list'];
  const [hard = null, soft = null] = given;
  if (!isLimit(hard) || !isLimit(soft))
    throw new InvalidTaskMessage('timelimit', 'a list of two numbers of seconds or nulls', value);
  return [hard === null ? undefined : hard * 1_000, soft === null ? undefined : soft * 1_000];
}

function isLimit(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && Number.isFinite(value) && value >= 0);
}

/** A list of texts; anything else counts as absent. */
export function optionalTexts(fields: Fields, field: string): readonly string[] | undefined {
  const value = fields[field];
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;
}
