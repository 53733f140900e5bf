import type { ResultTuple } from '../protocol/index.js';

/** States in which a part of a chord can end. */
export type PartState = 'SUCCESS' | 'FAILURE' | 'REVOKED';

/** The end of one header member of a chord. */
export interface ChordPart {
  readonly groupId: string;
  readonly taskId: string;
  /** Place of its result in what the body is called with; `undefined`: after all that have one. */
  readonly groupIndex: number | undefined;
  readonly state: PartState;
  /** JSON text of what it returned, or of its exception map. */
  readonly result: string;
  /** How many parts end the chord, where the message says so itself, as older writers do; counts before what `open` said. */
  readonly size?: number | undefined;
}

/**
 * What became of a part. `counted`: others are missing, or nobody has said yet how many there are. `yours`: it is the last one, or the first that did not
 * succeed, and whoever reported it has to send what follows; the same task is told so again until `close`. `over`: what follows is another's, or was sent.
 */
export type PartAnswer = 'counted' | 'yours' | 'over';

/** A part as its store keeps it. */
export interface KeptPart {
  readonly taskId: string;
  readonly state: string;
  /** JSON text. */
  readonly result: string;
}

/** How many parts end a chord. */
export interface ChordOpening {
  readonly groupId: string;
  readonly size: number;
}

/**
 * Counts the parts of chords, so that what follows is sent once, whoever reports the last part and however often one is reported. Everything of a chord is
 * kept as long as a result is, from the last part on.
 * @source celery/backends/redis.py `on_chord_part_return`
 */
export interface ChordStore {
  /** Says how many parts there are; before the last header member is published. */
  open(chords: readonly ChordOpening[]): Promise<void>;
  /** Adds parts, each in one atomic step, and answers in their order. A part of the same task and place replaces the one before it; one that is `over` is kept where it was missing, until the close. */
  report(parts: readonly ChordPart[]): Promise<readonly PartAnswer[]>;
  /** The parts there are, by group index; those without one come last, in no order that is promised. None after the close. */
  parts(groupId: string): Promise<readonly KeptPart[]>;
  /** What follows was sent: every later part is `over`. Frees what the chord took, but for the memory of its end. Harmless when repeated. */
  close(groupIds: readonly string[]): Promise<void>;
  /**
   * One or more parts beyond those that `open` says, before or after it.
   * @param once who adds them: does nothing where that one has done so already, as a task that runs again does
   * @source celery/backends/redis.py `add_to_chord`
   */
  extend(groupId: string, by: number, once: string): Promise<void>;
  /** Present where a broker in the same store can add parts itself, in the step that settles their messages (`Consumer.join`). */
  encode?(part: ChordPart): EncodedPartText;
  /** Present with `encode`: how such a broker closes a chord in the step that sends what follows. */
  encodeClosing?(groupId: string): { readonly key: string; readonly expiresMs: number };
  /** How many parts there are and how many there shall be, as far as that is known. For people. */
  progress(groupId: string): Promise<{ readonly done: number; readonly size: number | undefined }>;
}

/** A part in the form its store keeps; structurally the brokers' `EncodedPart`. */
export interface EncodedPartText {
  readonly groupId: string;
  readonly taskId: string;
  /** Key of the group in the store, without suffix. */
  readonly key: string;
  readonly value: string;
  readonly groupIndex: number | undefined;
  readonly succeeded: boolean;
  readonly size: number | undefined;
  /** How long the chord is kept, from this part on; `0` for ever. */
  readonly expiresMs: number;
}

/** Results of groups, saved by their ids. @source celery/backends/base.py `save_group` */
export interface GroupStore {
  save(groupId: string, group: ResultTuple): Promise<void>;
  fetch(groupId: string): Promise<ResultTuple | undefined>;
  forget(groupIds: readonly string[]): Promise<void>;
}
