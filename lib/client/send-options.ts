import type { Signature, SignatureOptions } from '../canvas/index.js';
import { InvalidOptionError } from '../errors/index.js';
import { checkDuration, checkName, checkPriority, refuseUnknownKeys } from '../options/index.js';
import type { SignatureMap } from '../protocol/index.js';
import { parseDuration, type Clock } from '../time/index.js';
import type { MessageFactory } from './message-factory.js';
import type { SendRequest } from './send-request.js';

/**
 * How one task is sent; what is left out comes from the task's declaration. Durations are milliseconds, or a text with a unit such as `'30s'`.
 * `Out` is what the task returns, as far as it is known.
 * @source celery/app/task.py `Task.apply_async`
 */
export interface SendOptions<Out = never> extends SignatureOptions {
  /** Sent when the task succeeds, with its result before their own arguments. */
  readonly link?: Signature<[Out], unknown> | readonly Signature<[Out], unknown>[];
  /** Sent when it fails, with its id before their own arguments. */
  readonly linkError?: Signature<[string], unknown> | readonly Signature<[string], unknown>[];
}

/** How one task is sent, and the arguments that are given by name. */
export interface ApplyAsyncOptions<Out = never> extends SendOptions<Out> {
  /** Arguments by the names of the method's parameters; needed for Python tasks with keyword-only ones. */
  readonly kwargs?: Readonly<Record<string, unknown>>;
}

const KNOWN: readonly (keyof ApplyAsyncOptions)[] = [
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
  'link',
  'linkError',
  'kwargs',
];

/** What a request says of how it is sent. */
export type ResolvedSendOptions = Omit<SendRequest, 'task' | 'args' | 'kwargs'>;

const NONE: ResolvedSendOptions = {};

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveSendOptions(
  given: ApplyAsyncOptions | undefined,
  clock: Clock,
  messages: Pick<MessageFactory, 'mapOf'>,
): ResolvedSendOptions {
  if (given === undefined) return NONE;
  refuseUnknownKeys(given, KNOWN, '');
  const { taskId, queue, link, linkError } = given;
  const now = clock.now();
  return {
    id: taskId === undefined ? undefined : checkName(taskId, 'taskId'),
    queue: queue === undefined ? undefined : checkName(queue, 'queue'),
    sentMs: now,
    etaMs: etaOf(given, now),
    expiresMs: expiresOf(given, now),
    priority: checkPriority(given.priority, 'priority'),
    ignoreResult: given.ignoreResult,
    headers: given.headers,
    timeLimitMs: checkDuration(given.timeLimit, 'timeLimit'),
    softTimeLimitMs: checkDuration(given.softTimeLimit, 'softTimeLimit'),
    shadow: given.shadow,
    argsRepr: given.argsrepr,
    kwargsRepr: given.kwargsrepr,
    callbacks: link === undefined ? undefined : mapsOf(link, 'link', messages),
    errbacks: linkError === undefined ? undefined : mapsOf(linkError, 'linkError', messages),
  };
}

function etaOf({ countdown, eta }: SendOptions, nowMs: number): number | undefined {
  if (countdown === undefined) return eta === undefined ? undefined : momentOf(eta, 'eta');
  if (eta !== undefined) throw new InvalidOptionError('eta', 'left out where "countdown" is given', eta);
  const countdownMs = parseDuration(countdown, 'countdown');
  return countdownMs === 0 ? undefined : nowMs + countdownMs;
}

function expiresOf({ expires }: SendOptions, nowMs: number): number | undefined {
  if (expires === undefined) return undefined;
  return expires instanceof Date ? momentOf(expires, 'expires') : nowMs + parseDuration(expires, 'expires');
}

function momentOf(date: Date, option: string): number {
  const ms = date instanceof Date ? date.getTime() : NaN;
  if (Number.isNaN(ms)) throw new InvalidOptionError(option, 'a valid Date', date);
  return ms;
}

type Linked = Pick<Signature<never, unknown>, 'toMap'>;

function mapsOf(
  given: Linked | readonly Linked[],
  option: string,
  messages: Pick<MessageFactory, 'mapOf'>,
): readonly SignatureMap[] {
  const signatures: readonly Linked[] = Array.isArray(given) ? given : [given as Linked];
  return signatures.map((each) => {
    if (typeof (each as Partial<Linked> | null)?.toMap !== 'function') {
      throw new InvalidOptionError(
        option,
        'a signature, such as tasks.for(BillingTasks).sendInvoice.s(), or a list of them',
        each,
      );
    }
    return messages.mapOf(each);
  });
}
