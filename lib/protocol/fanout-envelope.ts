import { quoteJson } from '../json/index.js';
import { toBase64 } from './base64.js';

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
  const { exchange, routingKey, headers, contentType, contentEncoding, deliveryMode, body } = content;
  return (
    `{"body": "${toBase64(body)}", "content-encoding": ${quoteJson(contentEncoding)}, "content-type": ${quoteJson(contentType)}, ` +
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
