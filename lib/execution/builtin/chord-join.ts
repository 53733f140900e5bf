import type { KeptPart } from '../../backends/index.js';
import type { SignatureMap } from '../../protocol/index.js';

/** Ends the run of a task that joins a chord for its members: what follows from the chord goes out with its own settlement. */
export class ChordJoin extends Error {
  readonly code = 'TQ_CHORD_JOIN';

  constructor(
    readonly body: SignatureMap,
    readonly parts: readonly KeptPart[],
  ) {
    super('The chord is complete.');
  }
}
