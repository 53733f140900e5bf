import { EnvelopeMessage, readHead } from '../../protocol/index.js';

/** Age of the one that has waited longest among these envelopes, where they say when they were sent. @unit milliseconds */
export function oldestAge(envelopes: readonly string[], nowMs: number): number | undefined {
  const since = envelopes.map(waitingSince).filter((ms) => ms !== undefined);
  return since.length === 0 ? undefined : Math.max(0, nowMs - Math.min(...since));
}

/** A message with an eta waits from then on. */
function waitingSince(envelope: string): number | undefined {
  try {
    const message = new EnvelopeMessage(envelope);
    const { sentMs } = message.properties;
    return sentMs === undefined ? undefined : Math.max(sentMs, readHead(message).etaMs ?? sentMs);
  } catch {
    return undefined; // whoever takes it finds out
  }
}
