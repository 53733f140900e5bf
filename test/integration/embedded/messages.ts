import type { Delivery } from '../../../lib/brokers/index.js';
import type { OutgoingMessage } from '../../../lib/protocol/index.js';

/** A message for the queue `q`. */
export function message(id: string, change: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    id,
    task: 'embedded.test',
    headers: JSON.stringify({ lang: 'js', task: 'embedded.test', id, root_id: id, retries: 0 }),
    body: '[[], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]',
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    correlationId: id,
    replyTo: '',
    deliveryMode: 2,
    priority: 0,
    expiration: undefined,
    etaMs: undefined,
    queue: 'q',
    exchange: '',
    routingKey: 'q',
    ...change,
  };
}

export function idOf(delivery: Delivery): string {
  return String(delivery.message.headers['id']);
}

export function idsOf(deliveries: readonly Delivery[]): string[] {
  return deliveries.map(idOf);
}
