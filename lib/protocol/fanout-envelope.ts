import { quoteJson } from '../json/index.js';
import { base64Length, toBase64, writeBase64 } from './base64.js';

/** What is sent to all who listen, or as an answer to one. */
export interface FanoutContent {
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly deliveryMode: 1 | 2;
  readonly body: string | Uint8Array;
}

/**
 * Its envelope where the broker has no headers of its own, in the order kombu writes it: that of a task, but for what only tasks have.
 * @source kombu/transport/virtual/base.py `prepare_message`
 */
export function formatFanoutEnvelope(content: FanoutContent, deliveryTag: string): string {
  return BEFORE_BODY + toBase64(content.body) + afterBody(content, deliveryTag);
}

/** The same as bytes that write themselves where they are wanted: of a long list of events each copy costs as much as its making. */
export class FanoutEnvelopeBytes {
  /** @unit bytes */
  readonly length: number;
  private readonly body: Uint8Array;
  private readonly after: string;

  constructor(content: FanoutContent & { readonly body: Uint8Array }, deliveryTag: string) {
    this.body = content.body;
    this.after = afterBody(content, deliveryTag);
    this.length = BEFORE_BODY.length + base64Length(this.body.length) + Buffer.byteLength(this.after);
  }

  writeTo(target: Buffer, at: number): void {
    const bodyAt = at + target.write(BEFORE_BODY, at, 'latin1');
    target.write(this.after, writeBase64(this.body, target, bodyAt));
  }
}

const BEFORE_BODY = '{"body": "';

function afterBody(content: FanoutContent, deliveryTag: string): string {
  const { exchange, routingKey, headers, contentType, contentEncoding, deliveryMode } = content;
  return (
    `", "content-encoding": ${quoteJson(contentEncoding)}, "content-type": ${quoteJson(contentType)}, ` +
    `"headers": ${formatHeaders(headers)}, "properties": {"delivery_mode": ${deliveryMode}, ` +
    `"delivery_info": {"exchange": ${quoteJson(exchange)}, "routing_key": ${quoteJson(routingKey)}}, ` +
    `"priority": 0, "body_encoding": "base64", "delivery_tag": ${quoteJson(deliveryTag)}}}`
  );
}

function formatHeaders(headers: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(headers)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${quoteJson(name)}: ${JSON.stringify(value)}`);
  return `{${members.join(', ')}}`;
}
