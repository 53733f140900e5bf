import type { ChordPart } from '../backends/index.js';
import type { Settlement } from '../brokers/index.js';
import type { ChordSize } from '../client/index.js';
import type { ResultRecord } from '../protocol/index.js';

/** A settlement and what goes with it. */
export interface Settling {
  readonly settlement: Settlement;
  readonly records: readonly ResultRecord[];
  /** Chords among its successors. */
  readonly chords?: readonly ChordSize[] | undefined;
  /** What it counts for in a chord. */
  readonly part?: ChordPart | undefined;
}

/** `lost`: the delivery was no longer ours, and nothing was done for it. `yours`: it is still held, as what follows from its chord is to be settled with it. */
export type SettleOutcome = 'counted' | 'lost' | 'yours';
