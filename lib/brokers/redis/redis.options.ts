import {
  parseRedisUrl,
  resolveRedisStoreOptions,
  type RedisAddress,
  type RedisStoreOptions,
  type ResolvedRedisStoreOptions,
} from '../../connections/index.js';
import { InvalidOptionError } from '../../errors/index.js';
import { parseDuration, type Duration } from '../../time/index.js';

/** Options of the Redis broker: plain data, which crosses to another process. */
export interface RedisBrokerOptions extends RedisStoreOptions {
  /** Priority steps, each a list of its own. All peers of a queue must agree. @defaultValue [0, 3, 6, 9] @source kombu `priority_steps` */
  readonly prioritySteps?: readonly number[];
  /**
   * The shortest visibility timeout among the Python workers that share these queues: what runs here is renewed often enough for
   * them, and what they held is given back after it. @defaultValue '1h' @source kombu `visibility_timeout`
   */
  readonly visibilityTimeout?: Duration;
  /** How long a worker may be silent before its messages go to others. From '1s' to '10m'. @defaultValue '10s' */
  readonly lease?: Duration;
  /** Accepts a server that drops keys when it is full (`maxmemory-policy` other than `noeviction`). @defaultValue false */
  readonly allowEviction?: boolean;
}

export interface ResolvedRedisBrokerOptions extends ResolvedRedisStoreOptions {
  readonly address: RedisAddress;
  /** Ascending, from 0. */
  readonly prioritySteps: readonly number[];
  readonly visibilityTimeoutMs: number;
  readonly leaseMs: number;
  readonly allowEviction: boolean;
}

const DEFAULT_STEPS: readonly number[] = [0, 3, 6, 9];
const HOUR_MS = 3_600_000;

/** @throws {InvalidOptionError} naming the first option that cannot be used */
export function resolveRedisBrokerOptions(url: string, given: RedisBrokerOptions): ResolvedRedisBrokerOptions {
  const address = parseRedisUrl(url, 'broker.url');
  const { allowEviction = false } = given;
  if (typeof allowEviction !== 'boolean') {
    throw new InvalidOptionError('broker.allowEviction', 'true or false', allowEviction);
  }
  return {
    ...resolveRedisStoreOptions(given, 'broker', address.tls),
    address,
    prioritySteps: checkSteps(given.prioritySteps ?? DEFAULT_STEPS),
    visibilityTimeoutMs: between(
      given.visibilityTimeout,
      HOUR_MS,
      1_000,
      30 * 24 * HOUR_MS,
      'visibilityTimeout',
      "'1s' to '30d'",
    ),
    leaseMs: between(given.lease, 10_000, 1_000, 600_000, 'lease', "'1s' to '10m'"),
    allowEviction,
  };
}

/** The list a message of that wire priority goes to. @source kombu/transport/redis.py `priority`, `_get_message_priority` */
export function stepOf(priority: number, steps: readonly number[]): number {
  const wanted = Number.isFinite(priority) ? Math.min(9, Math.max(0, Math.trunc(priority))) : 0;
  let found = 0;
  for (const step of steps) if (step <= wanted) found = step;
  return found;
}

function checkSteps(steps: readonly number[]): readonly number[] {
  const isFine =
    Array.isArray(steps) &&
    steps[0] === 0 &&
    steps.every((step, at) => Number.isInteger(step) && step <= 9 && (at === 0 || step > (steps[at - 1] ?? 9)));
  if (!isFine)
    throw new InvalidOptionError(
      'broker.prioritySteps',
      'ascending integers from 0 to 9 that begin with 0, as in [0, 3, 6, 9]',
      steps,
    );
  return [...steps];
}

function between(
  given: Duration | undefined,
  fallback: number,
  least: number,
  most: number,
  name: string,
  range: string,
): number {
  const ms = given === undefined ? fallback : parseDuration(given, `broker.${name}`);
  if (ms < least || ms > most) throw new InvalidOptionError(`broker.${name}`, `a duration from ${range}`, given);
  return ms;
}
