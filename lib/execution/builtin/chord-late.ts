import { Ignore } from '../../errors/index.js';
import type { TaskContext } from '../../tasks/index.js';

/** Ends the run of a chord's deadline: the chord fails as if it were a member that did, unless it has ended meanwhile. */
export class ChordLate extends Error {
  readonly code = 'TQ_CHORD_LATE';
}

/** What is known of chords. */
export interface ChordFacts {
  /** `undefined` where nothing is known of it: then it has ended long ago. */
  progress(groupId: string): Promise<{ readonly done: number; readonly size: number } | undefined>;
  dropDeadline(groupId: string): Promise<void>;
}

/** Sent when a chord has not ended by its deadline, as one of its header. */
export async function endLateChord({ request }: TaskContext, chords: ChordFacts): Promise<void> {
  const { groupId } = request;
  if (groupId === undefined) return;
  const progress = await chords.progress(groupId);
  if (progress === undefined) {
    await chords.dropDeadline(groupId);
    throw new Ignore(); // a success would count as one of the header, and begin a chord of one anew
  }
  const { done, size } = progress;
  throw new ChordLate(`Chord ${groupId} did not end by its deadline: ${done} of ${size} members of its header did`);
}
