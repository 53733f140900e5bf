import type { ChordPart } from './chord-store.interface.js';

/** What a store knows of a chord. */
export interface ChordCount {
  /** As `open` said; `undefined`: it has not. */
  readonly size: number | undefined;
  /** Beyond the size. */
  readonly extra: number;
  /** The task to which what follows belongs. */
  readonly claim: string | undefined;
  readonly isClosed: boolean;
}

/** Whether what follows is another's. A part that is missing is kept all the same: that task may be delivered again, and the chord not end with it. */
export function isAnothers({ claim }: ChordCount, { taskId }: ChordPart): boolean {
  return claim !== undefined && claim !== taskId;
}

/** Whether as many parts are kept as there shall be. */
export function isComplete({ size, extra }: ChordCount, part: ChordPart, count: number): boolean {
  const total = part.size ?? size;
  return total !== undefined && count >= total + extra;
}

/** Whether a chord ends with this part, which is among the `count` that are kept. */
export function endsChord(chord: ChordCount, part: ChordPart, count: number): boolean {
  return part.state !== 'SUCCESS' || isComplete(chord, part, count);
}
