import type { Clock } from '../../time/index.js';

/** A part as it was reported. */
export interface MemoryPart {
  readonly taskId: string;
  readonly groupIndex: number | undefined;
  readonly state: string;
  readonly result: string;
}

/** The parts of one chord, and to whom what follows belongs. */
export interface MemoryChord {
  /** By task and place, in the order in which they came first. */
  readonly parts: Map<string, MemoryPart>;
  size: number | undefined;
  /** Parts beyond the size. */
  extra: number;
  /** Who said so. */
  readonly extenders: Set<string>;
  /** The task that was told to send what follows. */
  claim: string | undefined;
  isClosed: boolean;
  /** How many parts there were at the close. */
  done: number;
  endMs: number;
}

/** What is kept of chords in one store. Decides nothing. */
export class ChordTable {
  private readonly chords = new Map<string, MemoryChord>();

  constructor(private readonly clock: Clock) {}

  get(groupId: string): MemoryChord | undefined {
    const chord = this.chords.get(groupId);
    if (chord === undefined || chord.endMs > this.clock.now()) return chord;
    this.chords.delete(groupId);
    return undefined;
  }

  /**
   * The chord, new where there is none, and kept that long from now on.
   * @param expiresMs `0` for ever
   */
  touch(groupId: string, expiresMs: number): MemoryChord {
    const chord = this.get(groupId) ?? {
      parts: new Map(),
      size: undefined,
      extra: 0,
      extenders: new Set(),
      claim: undefined,
      isClosed: false,
      done: 0,
      endMs: 0,
    };
    chord.endMs = expiresMs > 0 ? this.clock.now() + expiresMs : Infinity;
    this.chords.set(groupId, chord);
    return chord;
  }

  /** Deletes what has expired. */
  sweep(): number {
    const nowMs = this.clock.now();
    let swept = 0;
    for (const [groupId, { endMs }] of this.chords) {
      if (endMs > nowMs) continue;
      this.chords.delete(groupId);
      swept += 1;
    }
    return swept;
  }
}
