/** Most deliveries of one take. */
export const MOST_TAKEN = 64;

/** Envelopes of one take stay below this together, except that the first may have any size. @unit characters */
export const TAKE_ROOM = 1024 * 1024;

/** Revocations kept; the oldest go first. */
export const MOST_REVOCATIONS = 50_000;

/** How long a claim of a tick is remembered. */
export const TICK_CLAIM_MS = 86_400_000;

/** What nobody has read of an answer after this time nobody will. */
export const REPLY_LIFE_MS = 600_000;

/** The priority a message is queued by: as on the wire, cut to 0 … 9. @source kombu/transport/redis.py `_get_message_priority` */
export function queuedPriority(priority: number): number {
  return Number.isFinite(priority) ? Math.min(9, Math.max(0, Math.trunc(priority))) : 0;
}
