import { InvalidOptionError } from '../errors/index.js';
import {
  checkInteger,
  checkOneOf,
  checkPositiveDuration,
  refuseUnknownKeys,
  type PoolAlias,
  type PoolName,
} from '../options/index.js';
import type { Duration } from '../time/index.js';

/** Who is asked, and for how long. */
export interface ControlCallOptions {
  /** Node names; everyone where nothing is said. */
  readonly destination?: string | readonly string[];
  /** Nodes whose names fit it. */
  readonly pattern?: string;
  /** How the pattern is to be read: wildcards of a shell, or a regular expression. @defaultValue 'glob' */
  readonly matcher?: 'glob' | 'pcre';
  /** For how long replies are waited for; it ends earlier once all have replied that can be known of. @defaultValue '1s' */
  readonly timeout?: Duration;
  /** So many replies are enough. */
  readonly limit?: number;
}

export interface ResizeCallOptions extends ControlCallOptions {
  /** Which of the pools of workers that have several. @defaultValue the first */
  readonly pool?: PoolName | PoolAlias;
}

export interface ResolvedControlCall {
  readonly destination: readonly string[] | undefined;
  readonly pattern: string | undefined;
  readonly matcher: string | undefined;
  readonly timeoutMs: number;
  readonly limit: number | undefined;
}

/** @source celery/app/control.py `timeout` */
const TIMEOUT_MS = 1_000;

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveControlCall(given: ControlCallOptions): ResolvedControlCall {
  refuseUnknownKeys(given, ['destination', 'pattern', 'matcher', 'timeout', 'limit'], '');
  const { destination, pattern, matcher, timeout, limit } = given;
  if (pattern !== undefined && (typeof pattern !== 'string' || pattern === '')) {
    throw new InvalidOptionError('pattern', 'a text that is not empty', pattern);
  }
  if (matcher !== undefined && pattern === undefined) {
    throw new InvalidOptionError('matcher', 'given together with "pattern"', matcher);
  }
  return {
    destination: destinationOf(destination),
    pattern,
    matcher: pattern === undefined ? undefined : checkOneOf(matcher, ['glob', 'pcre'], 'glob', 'matcher'),
    timeoutMs: checkPositiveDuration(timeout, 'timeout') ?? TIMEOUT_MS,
    limit: limit === undefined ? undefined : checkInteger(limit, 1, { min: 1 }, 'limit'),
  };
}

function destinationOf(given: ControlCallOptions['destination']): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const names = typeof given === 'string' ? [given] : given;
  const isFine =
    Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === 'string' && name !== '');
  if (!isFine) throw new InvalidOptionError('destination', 'the name of a node, or a list of them', given);
  return names;
}
