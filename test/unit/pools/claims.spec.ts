import { describe, expect, it } from 'vitest';

import { Claims, RECALL_SOURCE, turnAfter } from '../../../lib/pools/child/claims.js';

type Recall = (cells: Int32Array, cell: number, turn: number) => boolean;

/** The text that runs beside a child's main thread, and the method that runs in the supervisor of threads, are held to the same. */
const recalls: [string, (claims: Claims, cell: number, turn: number) => boolean][] = [
  ['the method', (claims, cell, turn) => claims.recall(cell, turn)],
  [
    'the text',
    (claims, cell, turn) => {
      const recall = new Function(`return ${RECALL_SOURCE}`)() as Recall;
      return recall(new Int32Array(claims.memory), cell, turn);
    },
  ],
];

describe.each(recalls)('Claims, recalled by %s', (_, recall) => {
  it('gives a job to the child when nobody asked for it', () => {
    const claims = Claims.forCells(2);

    expect(claims.start(1, 1)).toBe(true);
    expect(recall(claims, 1, 1)).toBe(false);
  });

  it('gives a job back that was not started, whoever asks again', () => {
    const claims = Claims.forCells(2);

    expect(recall(claims, 1, 1)).toBe(true);
    expect(claims.start(1, 1)).toBe(false);
    expect(recall(claims, 1, 1)).toBe(true);
  });

  it('does not mix up cells', () => {
    const claims = Claims.forCells(2);
    recall(claims, 0, 1);

    expect(claims.start(1, 1)).toBe(true);
  });

  it('finds a recall too late that comes after the cell was given to the next job', () => {
    const claims = Claims.forCells(1);
    claims.start(0, 1);
    claims.start(0, 2);

    expect(recall(claims, 0, 1)).toBe(false);
    expect(recall(claims, 0, 2)).toBe(false);
  });

  it('drops a job that the child meets only after its cell was recalled and given again', () => {
    const claims = Claims.forCells(1);
    recall(claims, 0, 1);
    recall(claims, 0, 2);

    expect(claims.start(0, 1)).toBe(false);
    expect(claims.start(0, 2)).toBe(false);
    expect(claims.start(0, 3)).toBe(true);
  });

  it('goes on beyond the last turn', () => {
    const claims = Claims.forCells(1);
    const last = 2 ** 30 - 1;
    new Int32Array(claims.memory)[0] = (last - 1) * 2 + 1;

    expect(recall(claims, 0, last)).toBe(true);
    expect(turnAfter(last)).toBe(0);
    expect(claims.start(0, 0)).toBe(true);
    expect(recall(claims, 0, 1)).toBe(true);
  });
});
