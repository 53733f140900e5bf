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

/** Whether what follows is another's, or was sent: then the part is not even kept. */
export function isOver({ claim, isClosed }: ChordCount, part: ChordPart): boolean {
  return isClosed || (claim !== undefined && claim !== part.taskId);
}

/** Whether a chord ends with this part, which is among the `count` that are kept. */
export function endsChord({ size, extra }: ChordCount, part: ChordPart, count: number): boolean {
  if (part.state !== 'SUCCESS') return true;
  const total = part.size ?? size;
  return total !== undefined && count >= total + extra;
}
