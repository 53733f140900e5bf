import { isUtf8 } from 'node:buffer';
import { UndecodableMessage } from '../errors/index.js';
import { quoteJson, readMembers } from '../json/index.js';
import { formatIso, parseIso } from '../time/index.js';
import { EnvelopeMessage } from './envelope-message.js';
import { editEnvelope } from './envelope.js';
import { isMap, textOf } from './json-map.js';
import type { ReceivedMessage } from './message.js';

/** Why and when a message was given up. */
export interface Death {
  /** The queue it was on. */
  readonly queue: string;
  /** One of RabbitMQ's words, or `undecodable` or `unknown_task`. */
  readonly reason: string;
  readonly error: string;
  readonly timeMs: number;
  /** How often it died of this on that queue. */
  readonly count: number;
  readonly exchange: string;
  readonly routingKey: string;
}

/** Content type of what is no envelope, and was wrapped in one to be kept. */
const WRAPPED = 'application/octet-stream';

/**
 * The envelope of a dead letter: the same message with the history of its death in its headers, or, where it is no
 * envelope, one that holds its bytes.
 * @param deliveryTag for a new envelope around what is none
 */
export function formatDeadLetter(raw: string | Uint8Array, death: Death, deliveryTag: string): string {
  if (typeof raw !== 'string' && !isUtf8(raw)) return wrapUndecodable(raw, death, deliveryTag);
  const text = typeof raw === 'string' ? raw : Buffer.from(raw).toString('utf8');
  return isEnvelope(text) ? withDeath(text, death) : wrapUndecodable(raw, death, deliveryTag);
}

function isEnvelope(text: string): boolean {
  try {
    return new EnvelopeMessage(text).headers !== undefined;
  } catch {
    return false;
  }
}

/**
 * Adds a death to the headers of an envelope as RabbitMQ does, the latest first, by splicing text.
 * @throws {UndecodableMessage} when it is no envelope
 */
export function withDeath(envelope: string, death: Death): string {
  return editEnvelope(envelope, {
    headers: {
      'x-death': `[${formatDeath(death)}${earlierDeaths(envelope)}]`,
      'x-death-error': quoteJson(death.error),
    },
  });
}

/** An envelope around bytes that are none, so that they can be kept, looked at and sent again. */
export function wrapUndecodable(raw: string | Uint8Array, death: Death, deliveryTag: string): string {
  return (
    `{"body": "${Buffer.from(raw as string).toString('base64')}", "content-encoding": "binary", "content-type": "${WRAPPED}", ` +
    `"headers": {"x-death": [${formatDeath(death)}], "x-death-error": ${quoteJson(death.error)}}, ` +
    `"properties": {"delivery_mode": 2, "delivery_info": {"exchange": ${quoteJson(death.exchange)}, ` +
    `"routing_key": ${quoteJson(death.routingKey)}}, "priority": 0, "body_encoding": "base64", "delivery_tag": ${quoteJson(deliveryTag)}}}`
  );
}

/**
 * What was there before the death: the envelope without its history and its redelivered marks, or the bytes that were wrapped.
 * @param deliveryTag of the copy that is sent again; the old one where there is none
 * @throws {UndecodableMessage} when it is no dead letter's envelope
 */
export function withoutDeath(envelope: string, message: ReceivedMessage, deliveryTag?: string): string | Uint8Array {
  if (message.contentType === WRAPPED && message.headers['task'] === undefined && 'x-death' in message.headers) {
    const bytes = message.body;
    return typeof bytes === 'string' || !isUtf8(bytes) ? bytes : Buffer.from(bytes).toString('utf8');
  }
  return editEnvelope(envelope, {
    headers: { 'x-death': undefined, 'x-death-error': undefined, redelivered: undefined },
    deliveryInfo: { redelivered: undefined },
    ...(deliveryTag !== undefined && { properties: { delivery_tag: quoteJson(deliveryTag) } }),
  });
}

/** The latest death that a message's headers tell of. */
export function readDeath(message: ReceivedMessage): Death | undefined {
  const deaths = message.headers['x-death'];
  const latest: unknown = Array.isArray(deaths) ? deaths[0] : undefined;
  if (!isMap(latest)) return undefined;
  const routingKeys = latest['routing-keys'];
  const time = isMap(latest['time']) ? latest['time']['__value__'] : latest['time'];
  return {
    queue: textOf(latest['queue']) ?? '',
    reason: textOf(latest['reason']) ?? '',
    error: textOf(message.headers['x-death-error']) ?? '',
    timeMs: readTime(time),
    count: typeof latest['count'] === 'number' ? latest['count'] : 1,
    exchange: textOf(latest['exchange']) ?? '',
    routingKey: Array.isArray(routingKeys) ? (textOf(routingKeys[0]) ?? '') : '',
  };
}

function formatDeath({ queue, reason, timeMs, count, exchange, routingKey }: Death): string {
  return (
    `{"count": ${count}, "exchange": ${quoteJson(exchange)}, "queue": ${quoteJson(queue)}, "reason": ${quoteJson(reason)}, ` +
    `"routing-keys": [${quoteJson(routingKey)}], "time": {"__type__": "datetime", "__value__": "${formatIso(timeMs)}"}}`
  );
}

/** Those that a list of deaths already holds, as they are written, with a comma before them. */
function earlierDeaths(envelope: string): string {
  try {
    const list =
      readMembers(readMembers(envelope).get('headers') ?? '{}')
        .get('x-death')
        ?.trim() ?? '';
    const inner = list.startsWith('[') && list.endsWith(']') ? list.slice(1, -1).trim() : '';
    return inner === '' ? '' : `, ${inner}`;
  } catch (error) {
    throw new UndecodableMessage('not_json', error instanceof Error ? error.message : '', { cause: error });
  }
}

function readTime(time: unknown): number {
  try {
    return typeof time === 'string' ? parseIso(time) : typeof time === 'number' ? time * 1_000 : 0;
  } catch {
    return 0;
  }
}
