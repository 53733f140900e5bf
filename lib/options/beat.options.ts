import { checkBoolean, checkGroup, refuseUnknownKeys } from './checks.js';

/** How a worker fires `@Schedule()` entries. */
export interface BeatOptions {
  /** Whether this worker sends what is due. Any number may: each tick is sent once. @defaultValue true */
  readonly enabled?: boolean;
}

export interface ResolvedBeatOptions {
  readonly enabled: boolean;
}

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveBeatOptions(given: BeatOptions = {}): ResolvedBeatOptions {
  checkGroup(given, 'beat');
  refuseUnknownKeys(given, ['enabled'], 'beat');
  return { enabled: checkBoolean(given.enabled, true, 'beat.enabled') };
}
