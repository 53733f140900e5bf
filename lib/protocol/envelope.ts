import { UndecodableMessage } from '../errors/index.js';
import { editMembers, parseJson, quoteJson, readMembers } from '../json/index.js';
import { toBase64 } from './base64.js';
import { isText } from './envelope-message.js';
import type { OutgoingMessage, ReceivedMessage, ReceivedProperties } from './message.js';

/**
 * The envelope that brokers without headers of their own keep a message in, in the order kombu writes it.
 * @param deliveryTag new for each copy
 * @source kombu/transport/virtual/base.py `prepare_message`
 */
export function formatEnvelope(message: OutgoingMessage, deliveryTag: string): string {
  const { expiration, sentMs } = message;
  const [beforeHeaders, beforeTimes, beforeTag] = frameOf(message);
  const times =
    (expiration === undefined ? '' : `"expiration": ${quoteJson(expiration)}, `) +
    (sentMs === undefined ? '' : `"timestamp": ${Math.trunc(sentMs / 1_000)}, `);
  return (
    `{"body": "${toBase64(message.body)}${beforeHeaders}${message.headers}, "properties": {"correlation_id": ` +
    `${quoteJson(message.correlationId)}${beforeTimes}${times}${beforeTag}${quoteJson(deliveryTag)}}}`
  );
}

type Framed = Pick<
  OutgoingMessage,
  'contentEncoding' | 'contentType' | 'replyTo' | 'deliveryMode' | 'exchange' | 'routingKey' | 'priority'
>;
type Frame = readonly [beforeHeaders: string, beforeTimes: string, beforeTag: string];

/** Messages that are written one after the other mostly differ in nothing but their ids and contents. */
const newest: { of: Framed | undefined; frame: Frame } = { of: undefined, frame: ['', '', ''] };

function frameOf(message: Framed): Frame {
  const { of } = newest;
  const isSame =
    of !== undefined &&
    of.replyTo === message.replyTo &&
    of.routingKey === message.routingKey &&
    of.exchange === message.exchange &&
    of.priority === message.priority &&
    of.deliveryMode === message.deliveryMode &&
    of.contentType === message.contentType &&
    of.contentEncoding === message.contentEncoding;
  if (!isSame) {
    const { contentEncoding, contentType, replyTo, deliveryMode, exchange, routingKey, priority } = message;
    newest.of = { contentEncoding, contentType, replyTo, deliveryMode, exchange, routingKey, priority };
    newest.frame = [
      `", "content-encoding": ${quoteJson(contentEncoding)}, "content-type": ${quoteJson(contentType)}, "headers": `,
      `, "reply_to": ${quoteJson(replyTo)}, "delivery_mode": ${deliveryMode}, `,
      `"delivery_info": {"exchange": ${quoteJson(exchange)}, "routing_key": ${quoteJson(routingKey)}}, ` +
        `"priority": ${priority}, "body_encoding": "base64", "delivery_tag": `,
    ];
  }
  return newest.frame;
}

/** A message as its consumer will see it, without a detour through text; the envelope is written when it is asked for. */
export class OutgoingEnvelope implements ReceivedMessage {
  readonly properties: ReceivedProperties;
  private text: string | undefined;
  private parsedHeaders: Readonly<Record<string, unknown>> | undefined;

  constructor(
    private readonly message: OutgoingMessage,
    private readonly deliveryTag: string,
  ) {
    this.properties = {
      correlationId: message.correlationId || undefined,
      replyTo: message.replyTo || undefined,
      priority: message.priority,
      sentMs: message.sentMs === undefined ? undefined : Math.trunc(message.sentMs / 1_000) * 1_000,
      deliveryTag,
      exchange: message.exchange,
      routingKey: message.routingKey,
      redelivered: false,
    };
  }

  get envelope(): string {
    return (this.text ??= formatEnvelope(this.message, this.deliveryTag));
  }

  get headers(): Readonly<Record<string, unknown>> {
    return (this.parsedHeaders ??= parseJson(this.message.headers) as Readonly<Record<string, unknown>>);
  }

  get contentType(): string {
    return this.message.contentType;
  }

  get contentEncoding(): string {
    return this.message.contentEncoding;
  }

  get body(): string | Uint8Array {
    const { body, contentEncoding } = this.message;
    if (typeof body === 'string') return body;
    return isText(contentEncoding, this.headers) ? Buffer.from(body).toString('utf8') : body;
  }
}

/** Changes of one envelope, by the JSON text of the new members; `undefined` removes one. */
export interface EnvelopeEdits {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly properties?: Readonly<Record<string, string | undefined>>;
  readonly deliveryInfo?: Readonly<Record<string, string | undefined>>;
}

/**
 * Marks an envelope as handed out before, as kombu's restore does, and leaves every other character as it is.
 * @param deliveryTag gives the copy a tag of its own
 * @throws {UndecodableMessage} when it is no envelope
 */
export function withRedelivered(envelope: string, deliveryTag?: string): string {
  return editEnvelope(envelope, {
    headers: { redelivered: 'true' },
    deliveryInfo: { redelivered: 'true' },
    ...(deliveryTag !== undefined && { properties: { delivery_tag: quoteJson(deliveryTag) } }),
  });
}

/**
 * Edits maps of an envelope by splicing text, so that nothing is rounded. A map that is not there is left out.
 * @throws {UndecodableMessage} when it is no envelope
 */
export function editEnvelope(envelope: string, edits: EnvelopeEdits): string {
  try {
    const members = readMembers(envelope);
    const [headers, properties] = [members.get('headers'), members.get('properties')];
    const changed: Record<string, string> = {};
    if (isObject(headers) && edits.headers !== undefined) changed['headers'] = editMembers(headers, edits.headers);
    if (isObject(properties)) changed['properties'] = editProperties(properties, edits);
    return editMembers(envelope, changed);
  } catch (error) {
    throw new UndecodableMessage('not_json', error instanceof Error ? error.message : '', { cause: error });
  }
}

function editProperties(properties: string, edits: EnvelopeEdits): string {
  const deliveryInfo = readMembers(properties).get('delivery_info');
  return editMembers(properties, {
    ...edits.properties,
    ...(isObject(deliveryInfo) &&
      edits.deliveryInfo && { delivery_info: editMembers(deliveryInfo, edits.deliveryInfo) }),
  });
}

function isObject(text: string | undefined): text is string {
  return text !== undefined && text.startsWith('{');
}
