import type { RunningOrder } from '../brokers/index.js';
import { InvalidOptionError } from '../errors/index.js';
import { checkBoolean, refuseUnknownKeys, resolveTerminationSignal, type TerminationSignal } from '../options/index.js';
import { parseDuration, type Duration } from '../time/index.js';

/** What a revocation does to tasks that run already, and how long it is kept. @source celery/result.py `AsyncResult.revoke` */
export interface RevokeOptions {
  /** Ends those that run: kills the process or thread that does, or gives up on a body in `async` and `solo`. They are stored as revoked. @defaultValue false */
  readonly terminate?: boolean;
  /** Signal for the processes of `prefork`; those that ignore it are killed. Only with `terminate`. @defaultValue 'SIGTERM' */
  readonly signal?: TerminationSignal;
  /** Aborts `ctx.signal` of those that run, and leaves the rest to them. @defaultValue false */
  readonly cancel?: boolean;
  /** For how long workers remember it. @defaultValue '1d' */
  readonly expires?: Duration;
}

export interface ResolvedRevocation {
  readonly ttlMs: number;
  /** `undefined`: what runs goes on. */
  readonly running: RunningOrder | undefined;
}

const NAMES: readonly (keyof RevokeOptions)[] = ['terminate', 'signal', 'cancel', 'expires'];
const REVOKED_FOR_MS = 86_400_000;

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveRevokeOptions(given: RevokeOptions): ResolvedRevocation {
  refuseUnknownKeys(given, NAMES, '');
  const terminate = checkBoolean(given.terminate, false, 'terminate');
  const cancel = checkBoolean(given.cancel, false, 'cancel');
  if (terminate && cancel) throw new InvalidOptionError('cancel', 'left out with "terminate", which does more', cancel);
  if (given.signal !== undefined && !terminate) {
    throw new InvalidOptionError('signal', 'given together with "terminate"', given.signal);
  }
  const ttlMs = given.expires === undefined ? REVOKED_FOR_MS : parseDuration(given.expires, 'expires');
  if (terminate) return { ttlMs, running: { as: 'terminate', signal: resolveTerminationSignal(given.signal) } };
  return { ttlMs, running: cancel ? { as: 'cancel' } : undefined };
}
