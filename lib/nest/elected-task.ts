import { parseSignature } from '../protocol/index.js';
import { createBeatMessages, type BeatParts } from './create-beat.js';

/**
 * What a worker does that was elected to send a task.
 * @source celery/worker/consumer/gossip.py `call_task`
 */
export function electedTask(parts: Omit<BeatParts, 'log'>): (action: unknown) => Promise<void> {
  const messages = createBeatMessages(parts);
  return async (action) => parts.broker.publish(messages.fromSignature(parseSignature(action, 'action')));
}
