import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { kinds, openShop, range } from './child-pools.js';

const shop = openShop();

describe.each(kinds)('a pool of %s that shrinks', (kind) => {
  it('lets an idle child close its application and go, and replaces nobody', async () => {
    const leaveFile = path.join(shop.folder(), 'left');
    const gate = path.join(shop.folder(), 'gate');
    const { pool, begin, exit, exits } = shop.open(kind, { children: 2, data: { leaveFile } });
    await pool.start();
    const [busy, other] = await Promise.all([begin({ do: 'gate', file: gate }), begin({ do: 'echo', value: 1 })]);
    await other.outcome;

    pool.shrink(1);
    await exit(({ phase }) => phase === 'leave');

    expect(readFileSync(leaveFile, 'utf8')).toBe('1\n');
    expect(exits).toMatchObject([{ index: 1, replacedInMs: undefined, bootError: undefined }]);
    writeFileSync(gate, '');
    expect(await busy.outcome).toMatchObject({ as: 'done' });
  });

  it('lets a busy child end what it runs, and others run what waited inside it', async () => {
    const gates = range(2).map((i) => path.join(shop.folder(), `gate ${i}`));
    const { pool, begin, exit } = shop.open(kind, { children: 2, lookAhead: 16 });
    await pool.start();
    const staying = await begin({ do: 'gate', file: gates[0] as string });
    const leaving = await begin({ do: 'gate', file: gates[1] as string });
    const queued = range(5).map((value) => pool.run({ do: 'echo', value }));

    pool.shrink(1);
    writeFileSync(gates[0] as string, '');

    expect(await Promise.all(queued)).toEqual(range(5).map((reply) => ({ as: 'done', reply })));
    expect(await staying.outcome).toMatchObject({ as: 'done' });
    writeFileSync(gates[1] as string, '');
    expect(await leaving.outcome).toMatchObject({ as: 'done' });
    expect(await exit(() => true)).toMatchObject({ index: 1, phase: 'leave' });
  });

  it('counts children, each with its slots', async () => {
    const { pool, begin } = shop.open(kind, { slots: 3 });
    await pool.start();

    pool.grow(1);

    expect([pool.size, pool.limit]).toEqual([2, 6]);
    await Promise.all(range(6).map(() => begin({ do: 'hang' })));
    pool.shrink(1);
    expect([pool.size, pool.limit]).toEqual([1, 3]);
  });

  it('does without a child that still boots rather than without one that serves', async () => {
    const { pool, begin, exit } = shop.open(kind);
    await pool.start();
    const { outcome } = await begin({ do: 'until-abort' });
    pool.grow(1);

    pool.shrink(1);

    expect(await exit(() => true)).toMatchObject({
      index: 1,
      phase: 'boot',
      bootError: undefined,
      replacedInMs: undefined,
    });
    await pool.stop('kill');
    expect(await outcome).toMatchObject({ reason: 'the pool was stopped' });
  });
});

describe('jobs of a pool that is resized while its children are killed at random', () => {
  it('end once each, lose no more than the kills took, and never run twice', async () => {
    const { pool } = shop.open('prefork', { children: 3, lookAhead: 32 });
    await pool.start();
    const file = path.join(shop.folder(), 'ran');
    const lost: number[] = [];
    let kills = 0;

    await Promise.all(
      range(4_000).map(async (i) => {
        const outcome = await pool.run({ do: 'mark', file, line: String(i) });
        if (outcome.as === 'lost') lost.push(i);
        if (i % 400 === 100) pool.shrink(pool.size - 1);
        if (i % 400 === 200) pool.grow(2);
        if (i % 500 !== 250) return;
        const pid = pool.pids().at(-1);
        if (pid !== undefined && process.kill(pid, 'SIGKILL')) kills++;
      }),
    );

    const ran = readFileSync(file, 'utf8').trim().split('\n').map(Number);
    expect(new Set(ran).size).toBe(ran.length);
    expect(kills).toBeGreaterThan(3);
    expect(lost.length).toBeLessThanOrEqual(kills);
    expect(
      range(4_000)
        .filter((i) => !ran.includes(i))
        .every((i) => lost.includes(i)),
    ).toBe(true);
  });
});
