import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { AsyncPool } from '../../lib/pools/index.js';
import { systemClock } from '../../lib/time/index.js';
import { runBody } from '../integration/pools/fixtures/bodies.js';
import { limitFlaws, poolFlaws, withFlaw } from './pool.flaws.js';
import type { PoolBench, PoolNeed, TestedPool } from './pool.bench.js';
import { poolCases } from './pool.suite.js';
import { runCase, type Harness } from './suite.js';

/** Enough for what comes at once, as all does here that comes at all. */
const PATIENCE_MS = 500;

interface Bench extends PoolBench {
  readonly sound: TestedPool[];
}

function harness(
  spoil: (sound: TestedPool) => TestedPool,
  limitOf = (limit: number) => limit,
): Harness<Bench, PoolNeed> {
  return {
    open: async () => {
      const sound: TestedPool[] = [];
      const open = (limit: number): TestedPool => {
        const pool = new AsyncPool({ runner: { run: runBody }, clock: systemClock, limit: limitOf(limit) });
        sound.push(pool);
        return spoil(pool);
      };
      const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-pool-'));
      return { open, abilities: ['several'], folder, patienceMs: PATIENCE_MS, sound };
    },
    close: async ({ folder, sound }) => {
      await Promise.all(sound.map((pool) => pool.stop('kill')));
      rmSync(folder, { recursive: true });
    },
    lacking: (bench, needs) => needs.filter((need) => !bench.abilities.includes(need)),
  };
}

async function fails(name: string, subject: Harness<Bench, PoolNeed>): Promise<boolean> {
  const named = poolCases.find((each) => each.name === name);
  if (!named) throw new Error(`There is no case "${name}".`);
  return runCase(named, subject).then(
    () => false,
    () => true,
  );
}

describe('the pool suite', () => {
  it.each(poolFlaws)('fails a pool that $name', async (flaw) => {
    expect(
      await fails(
        flaw.caughtBy,
        harness((sound) => withFlaw(sound, flaw)),
      ),
    ).toBe(true);
  });

  it.each(limitFlaws)('fails a pool that $name', async ({ caughtBy, limit }) => {
    const claimed = (sound: TestedPool) => withFlaw(sound, { name: '', caughtBy, spoil: () => ({ limit: 2 }) });

    expect(await fails(caughtBy, harness(claimed, limit))).toBe(true);
  });

  it.each([...new Set(poolFlaws.map(({ caughtBy }) => caughtBy))])('passes a pool that keeps: %s', async (name) => {
    expect(
      await fails(
        name,
        harness((sound) => sound),
      ),
    ).toBe(false);
  });
});
