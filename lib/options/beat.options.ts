import { checkBoolean, checkGroup, refuseUnknownKeys } from './checks.js';

/** How a worker fires `@Schedule()` entries. */
export interface BeatOptions {
  /** Whether this worker sends what is due. Any number may: each tick is sent once. @defaultValue `TASK_QUEUE_BEAT`, else true */
  readonly enabled?: boolean;
}

export interface ResolvedBeatOptions {
  readonly enabled: boolean;
}

/**
 * @param enabled what the environment says
 * @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used
 */
export function resolveBeatOptions(given: BeatOptions = {}, enabled = true): ResolvedBeatOptions {
  checkGroup(given, 'beat');
  refuseUnknownKeys(given, ['enabled'], 'beat');
  return { enabled: checkBoolean(given.enabled, enabled, 'beat.enabled') };
}
