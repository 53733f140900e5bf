import { InvalidOptionError } from '../errors/index.js';
import { checkGroup, checkInteger, refuseUnknownKeys } from './checks.js';

const MEBI = 1024 * 1024;

/** Two of these and what goes with them still fit into the 512 MiB that a text has in Node, and a value in Redis. */
export const LARGEST_MESSAGE_BYTES = 128 * MEBI;
const SMALLEST_LIMIT_BYTES = 1024;

/** What may be sent and decoded. */
export interface SerializationOptions {
  /** Names or content types a worker may decode; everything else is dead-lettered unread. @defaultValue ['json'] @source Celery `accept_content` */
  readonly accept?: readonly string[];
  /**
   * What one message may take: its arguments, its links and its headers, as they are written. A larger one is not sent; one that somebody else sent is
   * dead-lettered unread. A compressed body may grow to as much. @unit bytes @defaultValue 64 MiB
   */
  readonly maxMessageBytes?: number;
}

export interface ResolvedSerializationOptions {
  readonly accept: readonly string[];
  readonly maxMessageBytes: number;
}

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveSerializationOptions(given: SerializationOptions = {}): ResolvedSerializationOptions {
  checkGroup(given, 'serialization');
  refuseUnknownKeys(given, ['accept', 'maxMessageBytes'], 'serialization');
  const { accept = ['json'] } = given;
  if (!Array.isArray(accept) || accept.length === 0 || accept.some((each) => typeof each !== 'string')) {
    throw new InvalidOptionError('serialization.accept', 'a list of names or content types such as ["json"]', accept);
  }
  return {
    accept,
    maxMessageBytes: checkInteger(
      given.maxMessageBytes,
      64 * MEBI,
      { min: SMALLEST_LIMIT_BYTES, max: LARGEST_MESSAGE_BYTES },
      'serialization.maxMessageBytes',
    ),
  };
}
