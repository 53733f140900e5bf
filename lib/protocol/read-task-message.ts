import { InvalidTaskMessage } from '../errors/index.js';
import { optionalCount, optionalDate, optionalText, optionalTexts, requiredText, timeLimits } from './head-fields.js';
import { EnvelopeMessage } from './envelope-message.js';
import { isMap } from './json-map.js';
import type { ReceivedMessage, TaskBody, TaskHead } from './message.js';
import { argsJsonOf, isPlainBody, parseBody, plainBodyOf } from './task-body.js';
import { isSendersField, isSendersHeader } from './task-headers.js';
import { SharedEmbed } from './shared-embed.js';

/** Decodes a message's body with what this application accepts. */
export type DecodeContent = (
  content: Pick<ReceivedMessage, 'body' | 'contentType' | 'contentEncoding' | 'headers'>,
) => unknown;

/** A message understood as a task to run. */
export interface TaskMessage {
  readonly head: TaskHead;
  /**
   * Decodes the body, once.
   * @throws {InvalidTaskMessage} when it is not one of a task, and what `decode` throws
   */
  readonly body: () => TaskBody;
}

type Fields = Readonly<Record<string, unknown>>;

/** Of a message in the common form, which is never compressed. */
const NO_HEADERS: Fields = {};

/**
 * Reads a task message of protocol 2 or 1, or the hybrid of both. The body of protocol 2 is not touched until it is asked for.
 * @param timezone what dates without an offset are in
 * @param known its head, where somebody has read it
 * @throws {InvalidTaskMessage} naming the field that cannot be used
 * @throws {UndecodableMessage} when it is no envelope
 * @source celery/worker/strategy.py, celery/worker/consumer/consumer.py `on_task_received`
 */
export function readTaskMessage(
  message: ReceivedMessage,
  decode: DecodeContent,
  timezone = 'UTC',
  known?: TaskHead,
): TaskMessage {
  let decoded: { readonly value: unknown } | undefined;
  let parsed: TaskBody | undefined;
  const value = (): unknown => (decoded ??= { value: decode(message) }).value;
  const head = known ?? readHead(message, value, timezone);
  const read = (): TaskBody =>
    (decoded === undefined ? readPlainBody(message, decode) : undefined) ?? parseBody(value());
  return { head, body: () => (parsed ??= read()) };
}

/** Of the whole process, since the members of a chord go to any of its consumers. */
const sharedEmbed = new SharedEmbed();

/**
 * A body of nothing but positional arguments, as most are, or one that ends as the one before it: the rest of it is the same and need not be decoded.
 * `undefined` for any other.
 */
function readPlainBody(message: ReceivedMessage, decode: DecodeContent): TaskBody | undefined {
  if (!(message instanceof EnvelopeMessage) || message.commonHead === undefined) return undefined;
  const { body, contentType, contentEncoding } = message;
  if (typeof body !== 'string') return undefined;
  const decodePart = (json: string): unknown =>
    tryDecode({ body: json, contentType, contentEncoding, headers: NO_HEADERS }, decode);
  if (!isPlainBody(body)) return sharedEmbed.read(body, decode, decodePart);
  const args = decodePart(argsJsonOf(body));
  return Array.isArray(args) ? plainBodyOf(args) : undefined;
}

/** `undefined` for what cannot be decoded: of the whole it will be said what is wrong with it. */
function tryDecode(content: Parameters<DecodeContent>[0], decode: DecodeContent): unknown {
  try {
    return decode(content);
  } catch {
    return undefined;
  }
}

/**
 * What a message says besides its body. The body is decoded only where the head is in it: protocol 1, and headers so few that it may be a hybrid.
 * @param decodeBody where missing, headers alone count
 * @throws {InvalidTaskMessage} naming the field that cannot be used
 */
export function readHead(message: ReceivedMessage, decodeBody?: () => unknown, timezone = 'UTC'): TaskHead {
  const common = timezone === 'UTC' && message instanceof EnvelopeMessage ? message.commonHead : undefined;
  if (common !== undefined) return common;
  const { headers } = message;
  if (headers['task'] !== undefined) {
    const body = headers['retries'] === undefined ? decodeBody?.() : undefined; // every full set of headers has it
    return isMap(body) && 'args' in body
      ? headFromV1(message, body, headers, 2, timezone)
      : headFromV2(message, headers, timezone);
  }
  const body = decodeBody?.();
  if (isMap(body) && body['task'] !== undefined) return headFromV1(message, body, {}, 1, timezone);
  throw new InvalidTaskMessage('task', 'the name of a task, in the headers or in the body', undefined);
}

function headFromV2(message: ReceivedMessage, headers: Fields, timezone: string): TaskHead {
  return headOf(message, 2, headers, pick(headers, isSendersHeader), timezone);
}

/** The body's fields stand for headers; headers that are there win. */
function headFromV1(
  message: ReceivedMessage,
  body: Fields,
  headers: Fields,
  protocol: 1 | 2,
  timezone: string,
): TaskHead {
  const group = body['taskset'] ?? body['group'];
  const fields = { ...body, group, ...headers };
  const own = { ...pick(body, isSendersField), ...pick(message.headers, isSendersHeader) };
  return headOf(message, protocol, fields, own, body['utc'] === false ? timezone : protocol === 1 ? 'UTC' : timezone);
}

function headOf(message: ReceivedMessage, protocol: 1 | 2, fields: Fields, own: Fields, timezone: string): TaskHead {
  const { properties } = message;
  const [timeLimitMs, softTimeLimitMs] = timeLimits(fields);
  const ignoreResult = fields['ignore_result'];
  const stamps = fields['stamps'];
  return {
    protocol,
    task: requiredText(fields, 'task'),
    id: requiredText(fields, 'id'),
    lang: optionalText(fields, 'lang'),
    rootId: optionalText(fields, 'root_id'),
    parentId: optionalText(fields, 'parent_id'),
    groupId: optionalText(fields, 'group'),
    groupIndex: optionalCount(fields, 'group_index'),
    retries: optionalCount(fields, 'retries') ?? 0,
    etaMs: optionalDate(fields, 'eta', timezone),
    expiresMs: optionalDate(fields, 'expires', timezone),
    timeLimitMs,
    softTimeLimitMs,
    shadow: optionalText(fields, 'shadow'),
    origin: optionalText(fields, 'origin'),
    argsRepr: optionalText(fields, 'argsrepr'),
    kwargsRepr: optionalText(fields, 'kwargsrepr'),
    ignoreResult: typeof ignoreResult === 'boolean' ? ignoreResult : undefined,
    replacedTaskNesting: optionalCount(fields, 'replaced_task_nesting') ?? 0,
    stampedHeaders: optionalTexts(fields, 'stamped_headers'),
    stamps: isMap(stamps) ? stamps : {},
    headers: own,
    correlationId: properties.correlationId,
    replyTo: properties.replyTo,
    priority: properties.priority,
    exchange: properties.exchange,
    routingKey: properties.routingKey,
    redelivered: properties.redelivered,
  };
}

function pick(fields: Fields, wanted: (name: string) => boolean): Fields {
  const picked: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    if (name !== '__proto__' && wanted(name)) picked[name] = fields[name];
  }
  return picked;
}
