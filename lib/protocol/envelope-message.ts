import { isAscii, isUtf8 } from 'node:buffer';
import { UndecodableMessage } from '../errors/index.js';
import { parseJson, toOneLine } from '../json/index.js';
import { propertiesOfCommon, readCommonEnvelope } from './common-envelope.js';
import type { CommonEnvelope } from './envelope-likeness.js';
import { isMap, textOf } from './json-map.js';
import type { ReceivedMessage, ReceivedProperties, TaskHead } from './message.js';

/** A message from the text of its envelope, which is parsed when something of it is first asked for. @source kombu/transport/virtual/base.py */
export class EnvelopeMessage implements ReceivedMessage {
  private line: string | undefined;
  private common: CommonEnvelope | false | undefined;
  private parsed: Readonly<Record<string, unknown>> | undefined;
  private readProperties: ReceivedProperties | undefined;
  private readBody: string | Uint8Array | undefined;

  constructor(private readonly text: string) {}

  get envelope(): string {
    return (this.line ??= toOneLine(this.text));
  }

  get envelopeLength(): number {
    return this.text.length;
  }

  get headers(): Readonly<Record<string, unknown>> {
    return this.parse()['headers'] as Readonly<Record<string, unknown>>;
  }

  get properties(): ReceivedProperties {
    return (this.readProperties ??= this.readProperty());
  }

  get contentType(): string {
    if (this.readCommon() !== undefined) return 'application/json';
    return textOf(this.parse()['content-type']) ?? 'application/data';
  }

  get contentEncoding(): string {
    if (this.readCommon() !== undefined) return 'utf-8';
    return textOf(this.parse()['content-encoding']) ?? 'utf-8';
  }

  get body(): string | Uint8Array {
    return (this.readBody ??= this.decodeBody());
  }

  /** What the message says besides its body, where that needs no parsing; as `readHead` reads it, for dates in UTC. */
  get commonHead(): TaskHead | undefined {
    return this.readCommon()?.head;
  }

  private decodeBody(): string | Uint8Array {
    const common = this.readCommon();
    const text = common === undefined ? undefined : textOfCleanBase64(common.body);
    return text ?? bodyOf(this.parse(), isText(this.contentEncoding, this.headers));
  }

  private readProperty(): ReceivedProperties {
    const common = this.readCommon();
    return common === undefined ? propertiesOf(this.parse(), this.headers) : propertiesOfCommon(common);
  }

  private readCommon(): CommonEnvelope | undefined {
    this.common ??= readCommonEnvelope(this.text) ?? false;
    return this.common === false ? undefined : this.common;
  }

  private parse(): Readonly<Record<string, unknown>> {
    return (this.parsed ??= parseEnvelope(this.text));
  }
}

/** Whether a body is handed out as text. */
export function isText(contentEncoding: string, headers: Readonly<Record<string, unknown>>): boolean {
  const compression = headers['compression'];
  return contentEncoding.toLowerCase() === 'utf-8' && (compression === undefined || compression === null);
}

function parseEnvelope(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new UndecodableMessage('not_json', error instanceof Error ? error.message : '', { cause: error });
  }
  if (!isMap(value)) throw new UndecodableMessage('not_an_object');
  if (!isMap(value['headers'])) throw new UndecodableMessage('no_headers');
  if (typeof value['body'] !== 'string') throw new UndecodableMessage('no_body');
  if (!isMap(value['properties'] ?? {})) throw new UndecodableMessage('bad_properties');
  return value;
}

function propertiesOf(
  envelope: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, unknown>>,
): ReceivedProperties {
  const properties = isMap(envelope['properties']) ? envelope['properties'] : {};
  const deliveryInfo = isMap(properties['delivery_info']) ? properties['delivery_info'] : {};
  const { priority, timestamp } = properties;
  return {
    correlationId: textOf(properties['correlation_id']),
    replyTo: textOf(properties['reply_to']),
    priority: typeof priority === 'number' ? priority : 0,
    sentMs: typeof timestamp === 'number' ? timestamp * 1_000 : undefined,
    deliveryTag: textOf(properties['delivery_tag']),
    exchange: textOf(deliveryInfo['exchange']) ?? '',
    routingKey: textOf(deliveryInfo['routing_key']) ?? '',
    redelivered: headers['redelivered'] === true || deliveryInfo['redelivered'] === true,
  };
}

function bodyOf(envelope: Readonly<Record<string, unknown>>, asText: boolean): string | Uint8Array {
  const body = envelope['body'] as string;
  const properties = envelope['properties'];
  if (!isMap(properties) || properties['body_encoding'] !== 'base64') return asText ? body : Buffer.from(body, 'utf8');
  return asText ? textOfBase64(body) : Buffer.from(body, 'base64');
}

/** Where bodies of usual size are decoded, one after the other. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024);

/** `undefined` where there is anything in it besides base64, which a decoder would skip: an escape, a line break. */
function textOfCleanBase64(body: string): string | undefined {
  const { length } = body;
  const padding = body.endsWith('==') ? 2 : body.endsWith('=') ? 1 : 0;
  const size = (length / 4) * 3 - padding;
  if (length % 4 !== 0) return undefined;
  const [bytes, written] =
    size <= scratch.length ? [scratch, scratch.write(body, 'base64')] : readLarge(Buffer.from(body, 'base64'));
  if (written !== size) return undefined;
  const own = bytes.subarray(0, size);
  return isAscii(own) ? own.toString('latin1') : textOfUtf8(own);
}

function readLarge(bytes: Buffer): readonly [Buffer, number] {
  return [bytes, bytes.length];
}

function textOfBase64(body: string): string {
  const bytes = Buffer.from(body, 'base64');
  return isAscii(bytes) ? bytes.toString('latin1') : textOfUtf8(bytes);
}

function textOfUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new UndecodableMessage('bad_body');
  return bytes.toString('utf8');
}
