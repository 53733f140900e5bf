/** A part of a chord, as scripts take it. */
export interface RedisChordPart {
  readonly taskId: string;
  /** Of its group, without suffix. */
  readonly key: string;
  readonly value: string;
  readonly groupIndex: number | undefined;
  readonly succeeded: boolean;
  readonly size: number | undefined;
  readonly expiresMs: number;
}

/** Gathers keys and arguments for the scripts that include `_chord-report.lua`: each chord is named once, and looked at once. */
export class ChordCall {
  readonly keys: string[] = [];
  /** How long each chord is kept. @unit milliseconds */
  readonly expiries: number[] = [];
  private readonly numbers = new Map<string, number>();

  /** @param keysOf all keys of the chord of a group's key */
  constructor(private readonly keysOf: (groupKey: string) => readonly string[]) {}

  /** Arguments of a part. */
  add(part: RedisChordPart): readonly (string | number)[] {
    let number = this.numbers.get(part.key);
    if (number === undefined) {
      this.keys.push(...this.keysOf(part.key));
      number = this.expiries.push(Math.ceil(part.expiresMs));
      this.numbers.set(part.key, number);
    }
    return [number, part.taskId, part.groupIndex ?? '+inf', part.value, part.succeeded ? 1 : 0, part.size ?? ''];
  }
}

/** What scripts answer for a part. */
export const PART_ANSWERS = ['counted', 'yours', 'over'] as const;
