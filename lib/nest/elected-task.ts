import type { ChordStore } from '../backends/index.js';
import { ChordsNotSupportedError } from '../errors/index.js';
import { parseSignature } from '../protocol/index.js';
import { createBeatMessages, type BeatParts } from './create-beat.js';

/**
 * What a worker does that was elected to send a task.
 * @param chords counts the parts of chords; `undefined` where nobody does
 * @source celery/worker/consumer/gossip.py `call_task`
 */
export function electedTask(parts: Omit<BeatParts, 'log'>, chords?: ChordStore): (action: unknown) => Promise<void> {
  const messages = createBeatMessages(parts);
  return async (action) => {
    const planned = messages.fromSignature(parseSignature(action, 'action'));
    if (planned.chords.length > 0) {
      if (chords === undefined) throw new ChordsNotSupportedError();
      await chords.open(planned.chords);
    }
    await parts.broker.publish(planned.messages);
  };
}
