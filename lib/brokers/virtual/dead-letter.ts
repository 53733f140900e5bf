import { randomUUID } from 'node:crypto';
import { EnvelopeMessage, formatDeadLetter, withoutDeath } from '../../protocol/index.js';
import type { Settlement } from '../broker.interface.js';

/** The envelope of a message that is given up, with the history of its death in its headers. */
export function formatDead(
  envelope: string | Uint8Array,
  settlement: Settlement & { readonly as: 'dead' },
  timeMs: number,
): string {
  const { delivery, reason, error } = settlement;
  const { exchange, routingKey } = readRoute(delivery.message.envelope, delivery.queue);
  return formatDeadLetter(
    envelope,
    { queue: delivery.queue, reason, error, timeMs, count: 1, exchange, routingKey },
    randomUUID(),
  );
}

/** The envelope that is sent again: as before its death, with a delivery tag of its own. */
export function formatRedriven(envelope: string): string {
  const alive = withoutDeath(envelope, new EnvelopeMessage(envelope), randomUUID());
  return typeof alive === 'string' ? alive : Buffer.from(alive).toString('utf8');
}

function readRoute(envelope: string, queue: string): { readonly exchange: string; readonly routingKey: string } {
  try {
    return new EnvelopeMessage(envelope).properties;
  } catch {
    return { exchange: '', routingKey: queue }; // it may have died of being undecodable
  }
}
