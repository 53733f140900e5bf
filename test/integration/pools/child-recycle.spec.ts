import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import type { ChildRecycling } from '../../../lib/pools/index.js';
import { kinds, openShop, range } from './child-pools.js';

const MEBI = 1024 ** 2;

const shop = openShop();

describe.each(kinds)('%s children that are recycled', (kind) => {
  it('are replaced by one that is up before they leave, and every job runs once', async () => {
    const leaveFile = path.join(shop.folder(), 'left');
    const file = path.join(shop.folder(), 'ran');
    const recycled: ChildRecycling[] = [];
    const { pool, exits } = shop.open(kind, {
      children: 2,
      lookAhead: 16,
      maxJobs: 10,
      data: { leaveFile },
      onRecycled: (recycling) => recycled.push(recycling),
    });
    await pool.start();
    let sent = 0;

    while (recycled.length < 4) {
      const jobs = range(50).map(() => pool.run({ do: 'mark', file, line: String(sent++) }));
      for (const outcome of await Promise.all(jobs)) expect(outcome).toMatchObject({ as: 'done' });
    }
    await pool.stop('drain');

    const ran = readFileSync(file, 'utf8').trim().split('\n').map(Number);
    expect(ran.sort((one, other) => one - other)).toEqual(range(sent));
    for (const { because, bootMs } of recycled) {
      expect((because as { jobs: number }).jobs).toBeGreaterThanOrEqual(10);
      expect(bootMs).toBeGreaterThan(0);
    }
    // All closed their applications, and none went before its time.
    const phases = exits.map(({ phase }) => phase).filter((phase) => phase !== 'boot');
    expect(new Set(phases)).toEqual(new Set(['leave']));
    expect(readFileSync(leaveFile, 'utf8').trim().split('\n')).toHaveLength(phases.length);
  });

  it('end what they run, however long that takes', async () => {
    const gate = path.join(shop.folder(), 'gate');
    const { pool, begin, exit } = shop.open(kind, { maxJobs: 1 });
    await pool.start();
    const { outcome } = await begin({ do: 'gate', file: gate });
    expect(await pool.run({ do: 'echo', value: 'in its successor' })).toMatchObject({ as: 'done' });

    writeFileSync(gate, '');

    expect(await outcome).toMatchObject({ as: 'done' });
    expect(await exit(({ phase }) => phase === 'leave')).toMatchObject({ index: 0, replacedInMs: undefined });
  });

  it.each(['heap', 'outside'] as const)('go when they take too much memory (%s)', async (on) => {
    let tell: (recycling: ChildRecycling) => void;
    const recycled = new Promise<ChildRecycling>((resolve) => (tell = resolve));
    const { pool, exit } = shop.open(kind, {
      data: { moreMemoryBytes: 32 * MEBI },
      onRecycled: (recycling) => tell(recycling),
    });
    await pool.start();
    await pool.run({ do: 'hold', bytes: MEBI, on });

    await pool.run({ do: 'hold', bytes: 40 * MEBI, on });

    const { because } = await recycled;
    expect((because as { memoryBytes: number }).memoryBytes).toBeGreaterThan(40 * MEBI);
    await exit(({ phase }) => phase === 'leave');
    expect(await pool.run({ do: 'hold', bytes: 1, on: 'outside' })).toEqual({ as: 'done', reply: 1 });
  });

  it('cannot boot where they take more than they may from the beginning', async () => {
    const { pool } = shop.open(kind, { data: { maxMemoryBytes: MEBI } });

    await expect(pool.start()).rejects.toThrowError(/ChildMemoryError: A child takes .* MiB before its first task/);
  });
});
