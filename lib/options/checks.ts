import { InvalidOptionError, nearestName, UnknownOptionError } from '../errors/index.js';
import { parseDuration, type Duration } from '../time/index.js';

/** @throws {UnknownOptionError} for the first key that is not known, with the nearest known one */
export function refuseUnknownKeys(given: object, known: readonly string[], path: string): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) throw new UnknownOptionError(join(path, key), nearestName(key, known), known);
  }
}

/** @throws {InvalidOptionError} unless it is an object that can hold options */
export function checkGroup(given: unknown, path: string): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidOptionError(path, 'an object of options', given);
  }
}

export function checkBoolean(value: boolean | undefined, fallback: boolean, option: string): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw new InvalidOptionError(option, 'true or false', value);
  return value;
}

/** An integer within bounds, both included. */
export function checkInteger(
  value: number | undefined,
  fallback: number,
  bounds: { readonly min: number; readonly max?: number },
  option: string,
): number {
  if (value === undefined) return fallback;
  const { min, max = Number.MAX_SAFE_INTEGER } = bounds;
  if (!Number.isInteger(value) || value < min || value > max) {
    const range = bounds.max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidOptionError(option, `an integer ${range}`, value);
  }
  return value;
}

/** A duration in milliseconds, or `undefined` where none was given. */
export function checkDuration(value: Duration | undefined, option: string): number | undefined {
  return value === undefined ? undefined : parseDuration(value, option);
}

/** A duration longer than nothing: for limits, of which `0` would be a mistake. */
export function checkPositiveDuration(value: Duration | undefined, option: string): number | undefined {
  const ms = checkDuration(value, option);
  if (ms === 0) throw new InvalidOptionError(option, 'longer than 0; leave it out for none', value);
  return ms;
}

export function checkOneOf<const T extends string>(
  value: string | undefined,
  choices: readonly T[],
  fallback: T,
  option: string,
): T {
  if (value === undefined) return fallback;
  const choice = choices.find((each) => each === value);
  if (choice === undefined) {
    const nearest = typeof value === 'string' ? nearestName(value, choices) : undefined;
    const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
    throw new InvalidOptionError(option, `one of ${choices.map((each) => `"${each}"`).join(', ')}${hint}`, value);
  }
  return choice;
}

/** A name that can travel: queues, tasks, nodes. */
export function checkName(value: string, option: string): string {
  if (typeof value !== 'string' || value === '' || hasControlCharacter(value)) {
    throw new InvalidOptionError(option, 'a text that is not empty and has no control characters', value);
  }
  return value;
}

/** Soft limits abort, hard ones kill: the soft one has to come first. */
export function checkLimits(softMs: number | undefined, hardMs: number | undefined, path: string): void {
  if (softMs !== undefined && hardMs !== undefined && softMs >= hardMs) {
    throw new InvalidOptionError(join(path, 'softTimeLimit'), `less than "timeLimit" (${hardMs} ms)`, softMs);
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) < 32) return true;
  }
  return false;
}
