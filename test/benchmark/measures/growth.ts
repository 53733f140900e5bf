import { memoryOf } from '../../tools/proc.js';
import { Bench, type Scale } from '../bench.js';
import { slope, type Figure, type Finding } from '../figure.js';

const BATCH = 5_000;
const AHEAD = 2;
const MIB = 1_048_576;

/** Whether a worker's memory grows with the tasks it has run. */
export async function growth(scale: Scale): Promise<Finding> {
  const count = scale.of(500_000, 60_000);
  const warmUp = scale.of(150_000, 20_000);
  const group = scale.of(50_000, 10_000);
  const figures: Figure[] = [];
  for (const pool of ['prefork', 'async'] as const)
    figures.push(...(await growthOf(scale, pool, { count, warmUp, group })));
  return {
    title: 'Growth of memory',
    how: `${count} tasks that do nothing, results stored; resident memory of the worker's processes at every ${BATCH}, a straight line through the lowest of each ${group}, that is after V8 has tidied up, without the first ${warmUp} tasks.`,
    figures,
  };
}

interface Run {
  readonly count: number;
  readonly warmUp: number;
  /** Tasks within which V8 tidies its heap at least once. */
  readonly group: number;
}

/** Hundred thousands of tasks, and MiB. */
type Point = readonly [tasks: number, size: number];

function growthOf(scale: Scale, pool: 'prefork' | 'async', { count, warmUp, group }: Run): Promise<readonly Figure[]> {
  const withCollector = { ...scale, execArgv: [...scale.execArgv, '--expose-gc'] };
  return Bench.use({ scale: withCollector, pool }, async (bench) => {
    let heapBefore: number | undefined;
    const points: Point[] = [];
    const perProcess = new Map<number, Point[]>();
    for (let done = 0; done < count; done += BATCH) {
      await bench.send(BATCH);
      await bench.backlogBelow(AHEAD * BATCH);
      if (done < warmUp) continue;
      heapBefore ??= await bench.worker?.ask<number>('heap');
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
    const heapAfter = await bench.worker?.ask<number>('heap');
    const heapGrowth = ((heapAfter ?? 0) - (heapBefore ?? 0)) / MIB / ((count - warmUp) / 100_000);
    const [supervisor, ...children] = [...perProcess.values()].map((own) => slope(lowest(own, group)));
    const unit = 'MiB/100 000 tasks';
    return [
      {
        what: `${pool}: all processes`,
        value: slope(lowest(points, group)),
        unit,
        ...(scale.isQuick ? {} : { atMost: 1 }),
      },
      { what: `${pool}: the worker's own`, value: supervisor, unit },
      { what: `${pool}: the worker's heap in use, after a collection`, value: heapGrowth, unit },
      ...children.map((value, at) => ({ what: `${pool}: child ${at + 1}`, value, unit })),
      { what: `${pool}: first measured size`, value: points[0]?.[1], unit: 'MiB' },
      { what: `${pool}: last size`, value: points.at(-1)?.[1], unit: 'MiB' },
    ];
  });
}

/** The smallest size of each group of samples. */
function lowest(points: readonly Point[], group: number): readonly Point[] {
  const groups = new Map<number, Point>();
  for (const point of points) {
    const at = Math.floor((point[0] * 100_000) / group);
    const least = groups.get(at);
    if (least === undefined || point[1] < least[1]) groups.set(at, point);
  }
  return [...groups.values()];
}
