/** Turns count from 1 and begin again at 0 beyond this, so that a turn and a mark fit in one signed number. */
const TURNS = 2 ** 30;

/**
 * Decides, for each job that lies in a child's queue, who has it: the child that wants to start it or the supervisor that wants it back. The two never meet
 * on one thread: the child's loop may be busy for minutes while its queue is recalled. Exactly one wins.
 *
 * One number a cell in memory that threads share: twice the turn of the last job decided there, plus one if it was recalled. Only the job of the next turn is
 * open, so whoever comes late, also for a job long gone, finds it decided.
 */
export class Claims {
  readonly #cells: Int32Array;

  constructor(readonly memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
  }

  static forCells(count: number): Claims {
    return new Claims(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Whether the job is the child's to start. */
  start(cell: number, turn: number): boolean {
    return this.#decide(cell, turn, 0);
  }

  /** Whether the job is the supervisor's again, by this call or an earlier one: the child will never start it. */
  recall(cell: number, turn: number): boolean {
    return this.#decide(cell, turn, 1) || Atomics.load(this.#cells, cell) === turn * 2 + 1;
  }

  #decide(cell: number, turn: number, recalled: 0 | 1): boolean {
    const last = Atomics.load(this.#cells, cell);
    return (
      turnAfter(last >> 1) === turn && Atomics.compareExchange(this.#cells, cell, last, turn * 2 + recalled) === last
    );
  }
}

/** The turn of a cell's next job. */
export function turnAfter(turn: number): number {
  return (turn + 1) % TURNS;
}

/** `Claims.recall` as text, for a thread that has no file: a function of the cells, a cell and a turn. */
export const RECALL_SOURCE = `(cells, cell, turn) => {
  const last = Atomics.load(cells, cell);
  const isOpen = ((last >> 1) + 1) % ${TURNS} === turn;
  if (isOpen && Atomics.compareExchange(cells, cell, last, turn * 2 + 1) === last) return true;
  return Atomics.load(cells, cell) === turn * 2 + 1;
}`;
