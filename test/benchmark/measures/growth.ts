import { memoryOf } from '../../tools/proc.js';
import { Bench, type Scale } from '../bench.js';
import { slope, type Figure, type Finding } from '../figure.js';

const BATCH = 5_000;
const AHEAD = 2;

/** Whether a worker's memory grows with the tasks it has run. */
export async function growth(scale: Scale): Promise<Finding> {
  const count = scale.of(500_000, 60_000);
  const warmUp = scale.of(150_000, 20_000);
  const figures: Figure[] = [];
  for (const pool of ['prefork', 'async'] as const) figures.push(...(await growthOf(scale, pool, count, warmUp)));
  return {
    title: 'Growth of memory',
    how: `${count} tasks that do nothing, results stored; resident memory of the worker's processes at every ${BATCH}, a straight line through all after the first ${warmUp}.`,
    figures,
  };
}

function growthOf(scale: Scale, pool: 'prefork' | 'async', count: number, warmUp: number): Promise<readonly Figure[]> {
  return Bench.use({ scale, pool }, async (bench) => {
    const points: [number, number][] = [];
    const perProcess = new Map<number, [number, number][]>();
    for (let done = 0; done < count; done += BATCH) {
      await bench.send(BATCH);
      await bench.backlogBelow(AHEAD * BATCH);
      if (done < warmUp) continue;
      let sum = 0;
      for (const pid of bench.pids()) {
        const { rss } = memoryOf(pid);
        sum += rss;
        const own = perProcess.get(pid) ?? [];
        own.push([done / 100_000, rss / 1_024]);
        perProcess.set(pid, own);
      }
      points.push([done / 100_000, sum / 1_024]);
    }
    await bench.drained();
    const [supervisor, ...children] = [...perProcess.values()].map(slope);
    const unit = 'MiB/100 000 tasks';
    return [
      { what: `${pool}: all processes`, value: slope(points), unit, atMost: 1 },
      { what: `${pool}: the worker's own`, value: supervisor, unit },
      ...children.map((value, at) => ({ what: `${pool}: child ${at + 1}`, value, unit })),
      { what: `${pool}: first measured size`, value: points[0]?.[1], unit: 'MiB' },
      { what: `${pool}: last size`, value: points.at(-1)?.[1], unit: 'MiB' },
    ];
  });
}
