import type { BrokerCapabilities } from '../brokers/index.js';

type PriorityOrder = BrokerCapabilities['priorityOrder'];

/**
 * A priority as users write it, 0 to 9 with 9 the most urgent, as it goes over the wire of a broker.
 * None is 0 on the wire, as Celery writes it.
 */
export function toWirePriority(priority: number | undefined, order: PriorityOrder): number {
  if (priority === undefined) return 0;
  return order === 'lowest-first' ? 9 - priority : priority;
}

/** The way back. 0 on the wire counts as none, since that is what nearly every sender means by it; outside of 0 to 9 the nearest. */
export function fromWirePriority(wire: number, order: PriorityOrder): number | undefined {
  if (wire === 0) return undefined;
  const priority = Math.min(9, Math.max(0, Math.round(wire)));
  return order === 'lowest-first' ? 9 - priority : priority;
}
