import { InvalidOptionError } from '../errors/index.js';
import { checkGroup, refuseUnknownKeys } from './checks.js';

/** What may be decoded. */
export interface SerializationOptions {
  /** Names or content types a worker may decode; everything else is dead-lettered unread. @defaultValue ['json'] @source Celery `accept_content` */
  readonly accept?: readonly string[];
}

export interface ResolvedSerializationOptions {
  readonly accept: readonly string[];
}

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveSerializationOptions(given: SerializationOptions = {}): ResolvedSerializationOptions {
  checkGroup(given, 'serialization');
  refuseUnknownKeys(given, ['accept'], 'serialization');
  const { accept = ['json'] } = given;
  if (!Array.isArray(accept) || accept.length === 0 || accept.some((each) => typeof each !== 'string')) {
    throw new InvalidOptionError('serialization.accept', 'a list of names or content types such as ["json"]', accept);
  }
  return { accept };
}
