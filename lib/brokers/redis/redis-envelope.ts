import { randomUUID } from 'node:crypto';
import { EnvelopeMessage, withRedelivered } from '../../protocol/index.js';
import type { RedisKeys } from './redis-keys.js';

/** An envelope as it is given back: marked, with a tag of its own, since an old one may still be acknowledged by whoever had it. */
export function markRedelivered(envelope: string): string {
  try {
    return withRedelivered(envelope, randomUUID());
  } catch {
    return envelope; // no envelope: it is given back as it is, and whoever takes it finds out
  }
}

/** Where the losses of a message are counted: by its task and attempt, so that they survive a restore by kombu. */
export function lossesKeyOf(keys: RedisKeys, envelope: string): string {
  try {
    const message = new EnvelopeMessage(envelope);
    const { id, retries } = message.headers;
    const name =
      typeof id === 'string' ? id : (message.properties.correlationId ?? message.properties.deliveryTag ?? '');
    return keys.losses(name, typeof retries === 'number' ? retries : 0);
  } catch {
    return keys.losses('', 0);
  }
}
