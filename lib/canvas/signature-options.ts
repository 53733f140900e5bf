import { InvalidOptionError } from '../errors/index.js';
import { checkBoolean, checkGroup, checkName, checkPriority, refuseUnknownKeys } from '../options/index.js';
import { formatIso, parseDuration, type Duration } from '../time/index.js';

/** How a signature's task is sent. Durations are milliseconds, or a text with a unit such as `'30s'`. */
export interface SignatureOptions {
  /** Id of the task, for a signature that is sent once. @defaultValue a new one each time it is sent */
  readonly taskId?: string;
  /** Started no sooner than this after it was sent. Replaces an `eta`. */
  readonly countdown?: Duration;
  /** Started no sooner than this. Replaces a `countdown`. */
  readonly eta?: Date;
  /** Not started later than this after it was sent, or than this date. */
  readonly expires?: Duration | Date;
  /** 0 to 9, higher is more urgent. */
  readonly priority?: number;
  readonly queue?: string;
  readonly ignoreResult?: boolean;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly timeLimit?: Duration;
  readonly softTimeLimit?: Duration;
  /** Name to show in events and logs instead of the task's. */
  readonly shadow?: string;
  /** Shown in events and logs instead of the arguments. */
  readonly argsrepr?: string;
  readonly kwargsrepr?: string;
}

/** Options as they stand in a signature map: Celery's names, seconds, ISO dates. */
export type WireOptions = Readonly<Record<string, unknown>>;

const KNOWN: readonly (keyof SignatureOptions)[] = [
  'taskId',
  'countdown',
  'eta',
  'expires',
  'priority',
  'queue',
  'ignoreResult',
  'headers',
  'timeLimit',
  'softTimeLimit',
  'shadow',
  'argsrepr',
  'kwargsrepr',
];

const NONE: WireOptions = Object.freeze({});

/**
 * Options as they travel, without the priority: what that is on the wire depends on the broker.
 * @returns only what was given
 * @throws {InvalidOptionError | UnknownOptionError}
 */
export function toWireOptions(given: SignatureOptions): WireOptions {
  checkGroup(given, 'options');
  if (Object.keys(given).length === 0) return NONE;
  refuseUnknownKeys(given, KNOWN, '');
  if (given.countdown !== undefined && given.eta !== undefined) {
    throw new InvalidOptionError('eta', 'left out where "countdown" is given', given.eta);
  }
  return withoutUndefined({
    task_id: name(given.taskId, 'taskId'),
    queue: name(given.queue, 'queue'),
    countdown: seconds(given.countdown, 'countdown'),
    eta: given.eta === undefined ? undefined : date(given.eta, 'eta'),
    expires: given.expires instanceof Date ? date(given.expires, 'expires') : seconds(given.expires, 'expires'),
    ignore_result:
      given.ignoreResult === undefined ? undefined : checkBoolean(given.ignoreResult, false, 'ignoreResult'),
    headers: headers(given.headers),
    time_limit: seconds(given.timeLimit, 'timeLimit'),
    soft_time_limit: seconds(given.softTimeLimit, 'softTimeLimit'),
    shadow: name(given.shadow, 'shadow'),
    argsrepr: given.argsrepr,
    kwargsrepr: given.kwargsrepr,
  });
}

/** @throws {InvalidOptionError} */
export function priorityOf(given: SignatureOptions): number | undefined {
  return checkPriority(given.priority, 'priority');
}

/**
 * Options of a signature with those of a call. The call's win, but for what ties the signature to its group and for
 * its stamps; `null` says nothing.
 * @source celery/canvas.py `Signature._merge`, `_IMMUTABLE_OPTIONS`
 */
export function mergeWireOptions(stored: WireOptions, call: WireOptions): WireOptions {
  const stamped = stored['stamped_headers'];
  const fixed = new Set<unknown>(['group_id', 'stamped_headers', ...(Array.isArray(stamped) ? stamped : [])]);
  const merged: Record<string, unknown> = { ...stored };
  for (const [key, value] of Object.entries(call)) {
    const isKept = fixed.has(key) && Object.hasOwn(stored, key);
    if (value !== null && value !== undefined && !isKept) merged[key] = value;
  }
  return merged;
}

/** Options without those that others take the place of: of a countdown and an eta the later one counts. */
export function withoutReplaced(stored: WireOptions, given: SignatureOptions): WireOptions {
  const { countdown, eta, priority, ...others } = stored;
  return withoutUndefined({
    ...others,
    countdown: given.eta === undefined ? countdown : undefined,
    eta: given.countdown === undefined ? eta : undefined,
    priority: given.priority === undefined ? priority : undefined,
  });
}

function withoutUndefined(options: WireOptions): WireOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function name(value: string | undefined, option: string): string | undefined {
  return value === undefined ? undefined : checkName(value, option);
}

function seconds(value: Duration | undefined, option: string): number | undefined {
  return value === undefined ? undefined : parseDuration(value, option) / 1_000;
}

function date(value: Date, option: string): string {
  const ms = value instanceof Date ? value.getTime() : NaN;
  if (Number.isNaN(ms)) throw new InvalidOptionError(option, 'a valid Date', value);
  return formatIso(ms);
}

function headers(value: SignatureOptions['headers']): SignatureOptions['headers'] {
  if (value !== undefined) checkGroup(value, 'headers');
  return value;
}
