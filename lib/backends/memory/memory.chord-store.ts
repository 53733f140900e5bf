import type { MemoryChord, MemoryStore } from '../../connections/index.js';
import { endsChord, isAnothers, isComplete } from '../chord-rules.js';
import type { ChordOpening, ChordPart, ChordStore, KeptPart, PartAnswer } from '../chord-store.interface.js';

/** Counts the parts of chords in this process. Everything is done in the turn it is asked for, so each step is atomic. */
export class MemoryChordStore implements ChordStore {
  /** @param store throws while the backend is not connected */
  constructor(
    private readonly store: () => MemoryStore,
    private readonly expiresMs: number,
  ) {}

  async open(chords: readonly ChordOpening[]): Promise<void> {
    for (const { groupId, size } of chords) this.touch(groupId).size = size;
  }

  async report(parts: readonly ChordPart[]): Promise<readonly PartAnswer[]> {
    return parts.map((part) => this.count(part));
  }

  async parts(groupId: string): Promise<readonly KeptPart[]> {
    const parts = [...(this.find(groupId)?.parts.values() ?? [])];
    return parts
      .sort((one, other) => placeOf(one) - placeOf(other))
      .map(({ taskId, state, result }) => ({ taskId, state, result }));
  }

  async close(groupIds: readonly string[]): Promise<void> {
    for (const groupId of groupIds) {
      const chord = this.touch(groupId);
      if (chord.isClosed) continue;
      chord.isClosed = true;
      chord.done = chord.parts.size;
      chord.parts.clear();
    }
  }

  async extend(groupId: string, by: number, once: string): Promise<void> {
    const chord = this.touch(groupId);
    if (chord.extenders.has(once)) return;
    chord.extenders.add(once);
    chord.extra += by;
  }

  async progress(groupId: string): Promise<{ readonly done: number; readonly size: number | undefined }> {
    const chord = this.find(groupId);
    if (chord === undefined) return { done: 0, size: undefined };
    return {
      done: chord.isClosed ? chord.done : chord.parts.size,
      size: chord.size === undefined ? undefined : chord.size + chord.extra,
    };
  }

  private count(part: ChordPart): PartAnswer {
    const chord = this.find(part.groupId) ?? this.touch(part.groupId);
    const isOver = isAnothers(chord, part);
    if (chord.isClosed || (isOver && isComplete(chord, part, chord.parts.size))) return 'over';
    this.touch(part.groupId);
    const { taskId, groupIndex, state, result } = part;
    chord.parts.set(`${taskId} ${groupIndex}`, { taskId, groupIndex, state, result });
    if (isOver) return 'over';
    const isLast = endsChord(chord, part, chord.parts.size);
    // A task that failed and was delivered again may succeed: then the chord has not ended with it.
    chord.claim = isLast ? taskId : undefined;
    return isLast ? 'yours' : 'counted';
  }

  private find(groupId: string): MemoryChord | undefined {
    return this.store().chords.get(groupId);
  }

  private touch(groupId: string): MemoryChord {
    return this.store().chords.touch(groupId, this.expiresMs);
  }
}

function placeOf({ groupIndex }: { readonly groupIndex: number | undefined }): number {
  return groupIndex ?? Number.MAX_VALUE;
}
