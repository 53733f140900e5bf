import { describe, expect, it } from 'vitest';
import { matrixPools } from '../tools/matrix-data.mjs';
import { covers } from '../tools/matrix.js';
import { chaos } from './short-run.js';

describe('the embedded store and its workers under random kills', { timeout: 180_000 }, () => {
  it('loses nothing, repeats only what was running, and goes on soon', async () => {
    const [report] = await chaos('--part', 'storm', '--tasks', '1200', '--kills', '4', '--patience', '5');

    expect(report?.problems, `seed ${report?.seed}`).toEqual([]);
    expect(report?.counts['kills']).toBe(4);
  });
});

describe('workers that are replaced one after the other under load', { timeout: 180_000 }, () => {
  it('finish what runs, give back the rest, and lose and repeat nothing', async () => {
    const [report] = await chaos('--part', 'rolling', '--tasks', '600', '--workers', '2');

    expect(report?.problems, `seed ${report?.seed}`).toEqual([]);
    expect(report?.counts).toMatchObject({ leaves: 2, again: 0 });
  });
});

describe('messages that end the process they run in', { timeout: 180_000 }, () => {
  it.each(matrixPools)('are dead-lettered, and only they (%s)', async (pool) => {
    covers(pool, 'crash', 'exit');
    const [report] = await chaos('--part', 'poison', '--pool', pool);

    expect(report?.problems).toEqual([]);
    expect(report?.counts).toMatchObject({ succeeded: 1_000, deadLettered: 2, lost: 2 });
  });
});

describe('a task that computes for long, beside an idle worker', { timeout: 180_000 }, () => {
  it('runs once on each pool', async () => {
    const reports = await chaos('--part', 'long');

    expect(reports.map(({ pool, problems }) => ({ pool, problems }))).toEqual(
      ['prefork', 'threads', 'async', 'solo'].map((pool) => ({ pool, problems: [] })),
    );
  });
});
