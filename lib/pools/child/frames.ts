/**
 * What a supervisor and a child say to each other: frames of one line, fields separated by tabs, of which the last may be any text without a line break.
 * A `cell` is a job's place in its child, given to the next job when it is free again; `turn` counts the jobs that had it.
 *
 * Supervisor to child: `J cell turn text` a job, `C cell turn reason` cancels one, `Q number text` asks the application something, `P` asks for a sign of life,
 * `X` leave.
 * Child to supervisor: `U report` up, `B error` cannot boot, `S cell` its body begins, `D cell reply` done, `E cell error` its runner failed,
 * `A number text` answers what was asked, `N number error` cannot, `L` the sign of life,
 * `F error` last words before the child dies of an error, `M bytes` it takes more memory than it may.
 */
export type FrameKind = 'J' | 'C' | 'Q' | 'P' | 'X' | 'U' | 'B' | 'S' | 'D' | 'E' | 'F' | 'M' | 'A' | 'N' | 'L';

export function frame(kind: FrameKind, ...fields: readonly (string | number)[]): string {
  return fields.length === 0 ? kind : `${kind}\t${fields.join('\t')}`;
}

/** What follows the kind: all of it where a frame has one field. */
export function restOf(text: string): string {
  return text.slice(2);
}

/** Splits off the first `count` fields after the kind, which are numbers; the rest is left as it is. */
export function numbersOf(
  text: string,
  count: 1 | 2,
): { readonly first: number; readonly second: number; readonly rest: string } {
  const afterFirst = fieldEnd(text, 2);
  const first = Number(text.slice(2, afterFirst));
  if (count === 1) return { first, second: 0, rest: text.slice(afterFirst + 1) };
  const afterSecond = fieldEnd(text, afterFirst + 1);
  return { first, second: Number(text.slice(afterFirst + 1, afterSecond)), rest: text.slice(afterSecond + 1) };
}

function fieldEnd(text: string, from: number): number {
  const tab = text.indexOf('\t', from);
  return tab < 0 ? text.length : tab;
}

/** Cuts a stream of text into its lines, keeping an unfinished one for later. */
export class LineCutter {
  #rest = '';

  cut(chunk: string): string[] {
    const end = chunk.lastIndexOf('\n');
    if (end < 0) {
      this.#rest += chunk;
      return [];
    }
    const lines = (this.#rest + chunk.slice(0, end)).split('\n');
    this.#rest = chunk.slice(end + 1);
    return lines;
  }
}
