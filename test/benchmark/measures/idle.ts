import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { hasProc, memoryOf, threadMsOf } from '../../tools/proc.js';
import { Bench, poolKinds, type PoolKind, type Scale } from '../bench.js';
import { median, type Figure, type Finding } from '../figure.js';

const WINDOW_MS = 5_000;

/** What a worker costs that has nothing to do. */
export async function idle(scale: Scale): Promise<Finding> {
  const windows = scale.of(6, 2);
  const settleMs = scale.of(60_000, 3_000);
  const figures = await Promise.all(poolKinds.map((pool) => idleFigures(scale, pool, settleMs, windows)));
  return {
    title: 'An idle worker',
    how: `One worker a pool, with 2 processes or threads (async: 100 at once), ${settleMs / 1_000} s after it ran a few tasks, when V8 has tidied its heaps, over ${(windows * WINDOW_MS) / 1_000} s. Memory is the sum of its processes; a proportional size divides shared pages among those who share them.`,
    figures: figures.flat(),
  };
}

function idleFigures(scale: Scale, pool: PoolKind, settleMs: number, windows: number): Promise<readonly Figure[]> {
  return Bench.use({ scale, pool }, async (bench) => {
    await bench.warmUp(10);
    await pause(settleMs);
    const shares: number[] = [];
    for (let window = 0; window < windows; window += 1) shares.push(await shareOf(bench));
    const mean = shares.reduce((sum, share) => sum + share, 0) / windows;
    const unit = '% of a core';
    const asked = scale.isQuick ? {} : { atMost: 0.5 };
    return [
      { what: `${pool}: CPU`, value: hasProc ? mean : undefined, unit, ...asked },
      { what: `${pool}: CPU, median of ${windows} windows`, value: hasProc ? median(shares) : undefined, unit },
      ...memoryFigures(bench, pool),
    ];
  });
}

async function shareOf(bench: Bench): Promise<number> {
  const used = (): number => bench.pids().reduce((sum, pid) => sum + threadMsOf(pid), 0);
  const before = used();
  const startedAt = performance.now();
  await pause(WINDOW_MS);
  return (100 * (used() - before)) / (performance.now() - startedAt);
}

function memoryFigures(bench: Bench, pool: string): readonly Figure[] {
  const sizes = bench.pids().map(memoryOf);
  const sum = (key: 'rss' | 'pss'): number | undefined =>
    hasProc ? Math.round(sizes.reduce((total, size) => total + size[key], 0) / 1_024) : undefined;
  return [
    { what: `${pool}: resident memory, ${sizes.length} processes`, value: sum('rss'), unit: 'MiB' },
    { what: `${pool}: proportional memory`, value: sum('pss'), unit: 'MiB' },
  ];
}
