import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { hasProc, memoryOf } from '../../tools/proc.js';
import { Bench, poolKinds, type Scale } from '../bench.js';
import type { Figure, Finding } from '../figure.js';

/** What a worker costs that has nothing to do. */
export async function idle(scale: Scale): Promise<Finding> {
  const seconds = scale.of(30, 10);
  const figures: Figure[] = [];
  for (const pool of poolKinds) {
    figures.push(
      ...(await Bench.use({ scale, pool }, async (bench) => {
        await bench.warmUp(10);
        await pause(3_000); // for what follows a start to be over
        const before = bench.cpuMs();
        const startedAt = performance.now();
        await pause(seconds * 1_000);
        const after = bench.cpuMs();
        const share =
          before === undefined || after === undefined
            ? undefined
            : (100 * (after - before)) / (performance.now() - startedAt);
        return [
          { what: `${pool}: CPU`, value: share, unit: '% of a core', atMost: 0.5 },
          ...memoryFigures(bench, pool),
        ];
      })),
    );
  }
  return {
    title: 'An idle worker',
    how: `One worker with 2 processes or threads (async: 100 at once) that has run a few tasks, over ${seconds} s. Memory is the sum of its processes; a proportional size divides shared pages among those who share them.`,
    figures,
  };
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
