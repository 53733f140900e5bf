import { parseIso } from '../time/index.js';
import { EnvelopeLikenesses, type CommonEnvelope } from './envelope-likeness.js';
import type { ReceivedProperties, TaskHead } from './message.js';

/** Text of a JSON string without escapes, and one with them. */
// oxlint-disable-next-line no-control-regex
const PLAIN = String.raw`[^"\\\u0000-\u001f]`;
const ESCAPED = String.raw`(?:${PLAIN}|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*`;

const TEXT = `"(${PLAIN}+)"`;
const TEXT_OR_EMPTY = `"(${PLAIN}*)"`;
const TEXT_OR_NULL = `(?:null|${TEXT})`;
const REPR = `(?:null|"(${ESCAPED})")`;
const COUNT = String.raw`(0|[1-9]\d{0,8})`;
const SECONDS = String.raw`(?:null|((?:0|[1-9]\d{0,8})(?:\.\d{1,6})?))`;

/** From the end of the body on, member for member as Celery and this library write them. @source celery/app/amqp.py `as_task_v2`; kombu `prepare_message` */
const REST = new RegExp(
  `", "content-encoding": "utf-8", "content-type": "application/json", "headers": {` +
    `"lang": ${TEXT}, "task": ${TEXT}, "id": ${TEXT}, "shadow": ${TEXT_OR_NULL}, ` +
    `"eta": ${TEXT_OR_NULL}, "expires": ${TEXT_OR_NULL}, "group": ${TEXT_OR_NULL}, "group_index": (?:null|${COUNT}), ` +
    String.raw`"retries": ${COUNT}, "timelimit": \[${SECONDS}, ${SECONDS}\], "root_id": ${TEXT_OR_NULL}, "parent_id": ${TEXT_OR_NULL}, ` +
    `"argsrepr": ${REPR}, "kwargsrepr": ${REPR}, "origin": ${TEXT_OR_NULL}, "ignore_result": (true|false|null)` +
    `(?:, "replaced_task_nesting": ${COUNT}, "stamped_headers": null, "stamps": {})?}, ` +
    `"properties": {"correlation_id": ${TEXT}, "reply_to": ${TEXT_OR_EMPTY}, "delivery_mode": [12], (?:"timestamp": (0|[1-9]\\d{0,11}), )?` +
    `"delivery_info": {"exchange": ${TEXT_OR_EMPTY}, "routing_key": ${TEXT_OR_EMPTY}}, ` +
    `"priority": ${COUNT}, "body_encoding": "base64", "delivery_tag": ${TEXT}}}$`,
  'y',
);

const BEGINNING = '{"body": "';
const BACKSLASH = 0x5c;
/** Beyond it a pattern may need more memory than a parser. */
const LONGEST_REST = 16_384;

/** Of the whole process, since messages of all of its consumers are alike. */
const likenesses = new EnvelopeLikenesses();

/**
 * Reads an envelope of a task of protocol 2 whose members stand as Celery writes them, with no headers of the sender's own: a fifth of the
 * cost of parsing it. `undefined` for any other, and for what is no envelope.
 */
export function readCommonEnvelope(envelope: string): CommonEnvelope | undefined {
  if (!envelope.startsWith(BEGINNING)) return undefined;
  const end = envelope.indexOf('"', BEGINNING.length);
  if (end < 0 || envelope.length - end > LONGEST_REST || envelope.charCodeAt(end - 1) === BACKSLASH) return undefined;
  const body = envelope.slice(BEGINNING.length, end);
  return likenesses.read(envelope, end, body) ?? readByPattern(envelope, end, body);
}

/** What its envelope says of how it travelled. */
export function propertiesOfCommon({ head, deliveryTag, sentMs }: CommonEnvelope): ReceivedProperties {
  const { correlationId, replyTo, priority, exchange, routingKey } = head;
  return { correlationId, replyTo, priority, sentMs, deliveryTag, exchange, routingKey, redelivered: false };
}

function readByPattern(envelope: string, end: number, body: string): CommonEnvelope | undefined {
  REST.lastIndex = end;
  const match = REST.exec(envelope);
  const head = match === null ? undefined : headOf(match);
  if (match === null || head === undefined) return undefined;
  const common = { head, body, sentMs: msOf(match[21]), deliveryTag: match[25] };
  likenesses.learn(envelope, end, common);
  return common;
}

function headOf(match: readonly (string | undefined)[]): TaskHead | undefined {
  const [, lang, task = '', id = '', shadow, eta, expires, groupId, groupIndex, retries, hard, soft, ...rest] = match;
  const [rootId, parentId, argsRepr, kwargsRepr, origin, ignoreResult, nesting, ...routing] = rest;
  const [correlationId, replyTo, , exchange = '', routingKey = '', priority] = routing;
  const times = readTimes(eta, expires);
  return (
    times && {
      protocol: 2,
      task,
      id,
      lang,
      rootId,
      parentId,
      groupId,
      groupIndex: numberOf(groupIndex),
      retries: Number(retries),
      ...times,
      timeLimitMs: msOf(hard),
      softTimeLimitMs: msOf(soft),
      shadow,
      origin,
      argsRepr: unescape(argsRepr),
      kwargsRepr: unescape(kwargsRepr),
      ignoreResult: ignoreResult === 'null' ? undefined : ignoreResult === 'true',
      replacedTaskNesting: numberOf(nesting) ?? 0,
      stampedHeaders: undefined,
      stamps: {},
      headers: {},
      correlationId,
      replyTo: replyTo || undefined,
      priority: Number(priority),
      exchange,
      routingKey,
      redelivered: false,
    }
  );
}

/** `undefined` for dates that cannot be read: the parser's reader says what is wrong with them. */
function readTimes(
  eta: string | undefined,
  expires: string | undefined,
): Pick<TaskHead, 'etaMs' | 'expiresMs'> | undefined {
  try {
    return {
      etaMs: eta === undefined ? undefined : parseIso(eta),
      expiresMs: expires === undefined ? undefined : parseIso(expires),
    };
  } catch {
    return undefined;
  }
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

function msOf(seconds: string | undefined): number | undefined {
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

function unescape(text: string | undefined): string | undefined {
  return text?.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}
