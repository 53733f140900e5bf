import type { ResultBackend } from '../backends/index.js';
import { ChordWatch } from '../beat/index.js';
import { CHORD_DEADLINE } from '../execution/index.js';
import { parseSignature } from '../protocol/index.js';
import { createBeatMessages, type BeatParts } from './create-beat.js';

/** What looks for chords that have not ended in time; `undefined` where no result backend keeps their deadlines. */
export function createChordWatch(parts: BeatParts, backend: ResultBackend | undefined): ChordWatch | undefined {
  const { broker, serialization, clock, log } = parts;
  const deadlines = backend?.deadlines;
  if (deadlines === undefined) return undefined;
  const messages = createBeatMessages(parts);
  return new ChordWatch({
    deadlines,
    message: (groupId, text) => {
      const content = { body: text, contentType: 'application/json', contentEncoding: 'utf-8' };
      const chord = parseSignature(serialization.decode(content), 'chord');
      return messages.create({ task: CHORD_DEADLINE, args: [], kwargs: {}, groupId, chord, ignoreResult: true });
    },
    publish: (all) => broker.publish(all),
    clock,
    log,
  });
}
