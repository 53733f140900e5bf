import type { Memory } from '../../fixtures/apps/benchmark/work.js';
import { hasProc, memoryOf } from '../../tools/proc.js';
import { Bench, type Scale } from '../bench.js';
import { slope, type Figure, type Finding } from '../figure.js';

const BATCH = 5_000;
const AHEAD = 2;
const MIB = 1_048_576;
const PER = 100_000;
const MOST_ROUNDS = 100;
const UNIT = 'MiB/100 000 tasks';

type LongPool = 'prefork' | 'async';

/** How many tasks a worker has run, and what was read then. */
type Reading<T> = readonly [tasks: number, value: T];

/** Whether a worker's memory grows with the tasks it has run. */
export async function growth(scale: Scale): Promise<Finding> {
  const kept = { warmUp: scale.of(100_000, 10_000), tasks: scale.of(500_000, 40_000), every: scale.of(50_000, 10_000) };
  const free = { warmUp: scale.of(200_000, 10_000), tasks: scale.of(500_000, 40_000) };
  const figures: Figure[] = [];
  for (const pool of ['prefork', 'async'] as const) {
    figures.push(...(await keptFigures(scale, pool, kept)), ...(await residentFigures(scale, pool, free)));
  }
  return {
    title: 'Growth of memory',
    how: [
      'Tasks that do nothing, results stored, on two workers a pool.',
      `The first: whenever ${kept.every} tasks are done, all its processes collect their garbage. Asked is the slope of a straight line through their resident sizes after that, over ${kept.tasks} tasks after ${kept.warmUp}: what a worker keeps, inside and outside of the heap.`,
      `The second is left alone, over ${free.tasks} tasks after ${free.warmUp}. V8 lets what has become old and died lie until its next full collection, one in 50 000 to 500 000 tasks, and then resizes its heap: sizes go up and down by tens of MiB, and a line through them may rise or fall by several MiB where nothing is kept, so nothing is asked of it.`,
    ].join(' '),
    figures,
  };
}

/** What is kept after garbage was collected. */
function keptFigures(
  scale: Scale,
  pool: LongPool,
  { warmUp, tasks, every }: { readonly warmUp: number; readonly tasks: number; readonly every: number },
): Promise<readonly Figure[]> {
  const withCollector = { ...scale, execArgv: [...scale.execArgv, '--expose-gc'] };
  return Bench.use({ scale: withCollector, pool }, async (bench) => {
    const readings: Reading<readonly Memory[]>[] = [];
    for (let done = 0; done < warmUp + tasks;) {
      done += await run(bench);
      if (done < warmUp || done % every !== 0) continue;
      await bench.drained();
      readings.push([done, await collectAll(bench)]);
    }
    const growthOf = (size: (all: readonly Memory[]) => number): number =>
      slope(readings.map(([done, all]) => [done / PER, size(all) / MIB]));
    const sizes = readings.map(([, all]) => sumOf(all, 'resident') / MIB);
    const pids = readings[0]?.[1].map(({ pid }) => pid) ?? [];
    const names = pids.map((_, at) => (at === 0 ? "the worker's own process" : `child ${at}`));
    const asked = scale.isQuick ? {} : { atMost: 1 };
    return [
      {
        what: `${pool}: resident after collections, all processes`,
        value: growthOf((all) => sumOf(all, 'resident')),
        unit: UNIT,
        ...asked,
      },
      { what: `${pool}: of that, heap in use`, value: growthOf((all) => sumOf(all, 'heapInUse')), unit: UNIT },
      ...names.map((name, at) => ({
        what: `${pool}: of that, ${name}`,
        value: growthOf((all) => all[at]?.resident ?? 0),
        unit: UNIT,
      })),
      { what: `${pool}: first resident size`, value: sizes[0], unit: 'MiB' },
      { what: `${pool}: last resident size`, value: sizes.at(-1), unit: 'MiB' },
    ];
  });
}

/** What the system sees of a worker that collects when V8 finds it is time. */
function residentFigures(
  scale: Scale,
  pool: LongPool,
  { warmUp, tasks }: { readonly warmUp: number; readonly tasks: number },
): Promise<readonly Figure[]> {
  return Bench.use({ scale, pool }, async (bench) => {
    const readings: Reading<number>[] = [];
    for (let done = 0; done < warmUp + tasks;) {
      done += await run(bench);
      if (done < warmUp) continue;
      readings.push([done / PER, bench.pids().reduce((sum, pid) => sum + memoryOf(pid).rss, 0) / 1_024]);
    }
    await bench.drained();
    const sizes = readings.map(([, size]) => size);
    const half = Math.ceil(sizes.length / 2);
    if (!hasProc) return []; // nobody tells
    return [
      { what: `${pool}, left alone: resident`, value: slope(readings), unit: UNIT },
      { what: `${pool}, left alone: largest size, first half`, value: Math.max(...sizes.slice(0, half)), unit: 'MiB' },
      { what: `${pool}, left alone: largest size, second half`, value: Math.max(...sizes.slice(half)), unit: 'MiB' },
    ];
  });
}

/** Keeps the worker busy with one more batch; returns its size. */
async function run(bench: Bench): Promise<number> {
  await bench.send(BATCH);
  await bench.backlogBelow(AHEAD * BATCH);
  return BATCH;
}

/** Has every process of an idle worker collect its garbage: its own first, then the children, in the order of their pids. */
async function collectAll(bench: Bench): Promise<readonly Memory[]> {
  const own = await bench.worker?.ask<Memory>('collect');
  if (own === undefined) throw new Error('There is no worker.');
  const found = new Map<number, Memory>();
  const children = bench.pids().filter((pid) => pid !== own.pid);
  // Which child runs a task is the pool's choice, so there may be several rounds.
  for (let round = 0; children.some((pid) => !found.has(pid)); round += 1) {
    if (round === MOST_ROUNDS) throw new Error(`Of the children ${children.join(', ')} one takes no tasks.`);
    const sent = await Promise.all(children.map(() => bench.calls.collect.delay()));
    for (const result of sent) {
      const memory = await result.get({ timeout: '60s' });
      found.set(memory.pid, memory);
    }
  }
  return [own, ...children.sort((a, b) => a - b).flatMap((pid) => found.get(pid) ?? [])];
}

function sumOf(all: readonly Memory[], key: 'resident' | 'heapInUse'): number {
  return all.reduce((sum, memory) => sum + memory[key], 0);
}
