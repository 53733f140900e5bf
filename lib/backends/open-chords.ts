import type { Deadline } from './deadline-store.interface.js';
import type { ResultBackend } from './result-backend.interface.js';

/** A chord that is about to be sent. */
export interface NewChord {
  readonly groupId: string;
  readonly size: number;
  readonly late?: Omit<Deadline, 'key'> | undefined;
}

/** Says how many parts chords have, and by when they have to end. */
export async function openChords(
  { chords: store, deadlines }: Pick<ResultBackend, 'chords' | 'deadlines'>,
  chords: readonly NewChord[],
): Promise<void> {
  const late = chords.flatMap(({ groupId, late: deadline }) =>
    deadline === undefined ? [] : [{ key: groupId, ...deadline }],
  );
  if (late.length > 0) await deadlines?.set(late);
  await store?.open(chords);
}
