import type { MemoryStore } from '../../../lib/connections/index.js';

/** An envelope as some other program might write it. */
export interface RawMessage {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly contentType?: string;
}

/** Puts a message into the queue "celery" past everything that would check it. */
export function putMessage(store: MemoryStore, { headers, body, contentType = 'application/json' }: RawMessage): void {
  putText(
    store,
    JSON.stringify({
      body: Buffer.from(body).toString('base64'),
      'content-encoding': 'utf-8',
      'content-type': contentType,
      headers,
      properties: {
        body_encoding: 'base64',
        delivery_tag: 'raw',
        delivery_info: { exchange: '', routing_key: 'celery' },
      },
    }),
  );
}

/** Puts any text where an envelope is expected. */
export function putText(store: MemoryStore, envelope: string): void {
  store.messages.add({ queue: 'celery', priority: 0, envelope });
  store.announceMessages();
}
