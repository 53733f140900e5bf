import { InvalidSignatureError } from '../errors/index.js';
import { parseSignatures, type SignatureMap } from '../protocol/index.js';
import { parseIso } from '../time/index.js';
import type { Lineage, SendRequest } from './send-request.js';

/** What a signature is called with besides what it says itself. */
export interface SignatureCall {
  /** Put before its own arguments, unless it is immutable. */
  readonly prependArgs?: readonly unknown[] | undefined;
  /** Counts only where the signature names none itself. */
  readonly lineage?: Lineage | undefined;
  /** Counts before what the signature says. */
  readonly id?: string | undefined;
  /** Counts only where the signature says nothing itself, as all that follows. */
  readonly replyTo?: string | undefined;
  readonly groupId?: string | undefined;
  readonly groupIndex?: number | undefined;
  /** Body of the chord whose header it is in. */
  readonly chord?: SignatureMap | undefined;
  /** What follows it, reversed as on the wire. */
  readonly chain?: readonly SignatureMap[] | undefined;
}

type Options = Readonly<Record<string, unknown>>;

/**
 * What to send for the signature of one task, as a message or a stored workflow carries it: seconds become milliseconds, a countdown a time of day.
 * @throws {InvalidSignatureError} naming the option that cannot be used
 * @source celery/canvas.py `Signature.apply_async`, `_merge`
 */
export function requestOfSignature(map: SignatureMap, call: SignatureCall, nowMs: number): SendRequest {
  const { args = [], kwargs = {}, immutable = false } = map;
  const options: Options = map.options ?? {};
  const { prependArgs = [], lineage } = call;
  const stored = parseSignatures(options['chain'], 'options.chain'); // what Celery has follow the body of a chord
  const stampedHeaders = textsOf(options, 'stamped_headers');
  return {
    task: map.task,
    args: immutable || prependArgs.length === 0 ? args : [...prependArgs, ...args],
    kwargs,
    id: call.id ?? textOf(options, 'task_id'),
    queue: textOf(options, 'queue'),
    exchange: textOf(options, 'exchange'),
    routingKey: textOf(options, 'routing_key'),
    sentMs: nowMs,
    etaMs: etaOf(options, nowMs),
    expiresMs: momentOf(options, 'expires', nowMs),
    timeLimitMs: secondsOf(options, 'time_limit'),
    softTimeLimitMs: secondsOf(options, 'soft_time_limit'),
    wirePriority: numberOf(options, 'priority'),
    ignoreResult: typeof options['ignore_result'] === 'boolean' ? options['ignore_result'] : undefined,
    shadow: textOf(options, 'shadow'),
    argsRepr: textOf(options, 'argsrepr'),
    kwargsRepr: textOf(options, 'kwargsrepr'),
    headers: mapOf(options, 'headers'),
    replyTo: textOf(options, 'reply_to') ?? call.replyTo,
    lineage: lineageOf(options, lineage),
    groupId: textOf(options, 'group_id') ?? call.groupId,
    groupIndex: numberOf(options, 'group_index') ?? call.groupIndex,
    replacedTaskNesting: numberOf(options, 'replaced_task_nesting'),
    stampedHeaders,
    stamps: stampedHeaders && Object.fromEntries(stampedHeaders.map((name) => [name, options[name]])),
    callbacks: parseSignatures(options['link'], 'options.link'),
    errbacks: parseSignatures(options['link_error'], 'options.link_error'),
    chain: stored.length === 0 ? call.chain : [...(call.chain ?? []), ...stored],
    chord: (mapOf(options, 'chord') as SignatureMap | undefined) ?? call.chord,
  };
}

/** `undefined` where nobody names one: then it is a child of the task that sends it. */
function lineageOf(options: Options, given: Lineage | undefined): Lineage | undefined {
  const [rootId, parentId] = [textOf(options, 'root_id'), textOf(options, 'parent_id')];
  if (rootId === undefined && parentId === undefined) return given;
  return { rootId: rootId ?? given?.rootId, parentId: parentId ?? given?.parentId };
}

/** A countdown wins over an eta, as in Celery; one of 0 is none. */
function etaOf(options: Options, nowMs: number): number | undefined {
  const countdownMs = secondsOf(options, 'countdown');
  if (countdownMs !== undefined && countdownMs > 0) return nowMs + countdownMs;
  return momentOf(options, 'eta', nowMs);
}

/** A date, an ISO text, or seconds from now. */
function momentOf(options: Options, name: string, nowMs: number): number | undefined {
  const value = options[name] ?? undefined;
  if (value === undefined) return undefined;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.getTime();
  if (typeof value === 'number' && Number.isFinite(value)) return nowMs + value * 1_000;
  try {
    if (typeof value === 'string') return parseIso(value);
  } catch (error) {
    throw new InvalidSignatureError(`options.${name}`, 'a date in ISO 8601, or seconds from now', value, {
      cause: error,
    });
  }
  throw new InvalidSignatureError(`options.${name}`, 'a date in ISO 8601, or seconds from now', value);
}

function secondsOf(options: Options, name: string): number | undefined {
  const seconds = numberOf(options, name);
  return seconds === undefined ? undefined : seconds * 1_000;
}

function numberOf(options: Options, name: string): number | undefined {
  const value = options[name] ?? undefined;
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw new InvalidSignatureError(`options.${name}`, 'a number', value);
}

function textOf(options: Options, name: string): string | undefined {
  const value = options[name] ?? undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new InvalidSignatureError(`options.${name}`, 'a text', value);
}

function textsOf(options: Options, name: string): readonly string[] | undefined {
  const value = options[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined;
}

function mapOf(options: Options, name: string): Readonly<Record<string, unknown>> | undefined {
  const value = options[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw new InvalidSignatureError(`options.${name}`, 'a map', value);
}
