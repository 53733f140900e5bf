import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { burn, nowUs } from '../../fixtures/apps/benchmark/work.js';
import { until } from '../../tools/until.js';
import { WorkerProcess } from '../../tools/worker-process.js';
import { Bench, benchmarkApp, type Scale } from '../bench.js';
import { median, type Figure, type Finding } from '../figure.js';

const CHILDREN = 2;
const TASK_MS = 20;
const RECYCLE_EVERY = 20;
const QUIET_MS = 500;
/** Part of a core that workers without a task may take. */
const MOST_QUIET = 0.1;

/** CPU-heavy tasks on two children, also while these are recycled, against two bare processes or threads that do the same without a queue. */
export async function compute(scale: Scale): Promise<Finding> {
  const count = scale.of(200, 60);
  const rounds = scale.of(5, 3);
  const work = calibrate();
  const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-benchmark-'));
  const start = (name: string): WorkerProcess =>
    WorkerProcess.start({ file: benchmarkApp(name), logFile: path.join(folder, `${name}.log`) });
  const processes = [start('bare-process'), start('bare-process')];
  const threads = [start('bare-threads')];
  const prefork = await Bench.open({ scale, pool: 'prefork', concurrency: CHILDREN });
  const threaded = await Bench.open({ scale, pool: 'threads', concurrency: CHILDREN });
  const recycling = { scale, concurrency: CHILDREN, recycleEvery: RECYCLE_EVERY };
  const preforkRecycling = await Bench.open({ ...recycling, pool: 'prefork' });
  const threadsRecycling = await Bench.open({ ...recycling, pool: 'threads' });
  const benches = [prefork, threaded, preforkRecycling, threadsRecycling];
  try {
    const ratios: Record<'prefork' | 'threads' | 'preforkRecycling' | 'threadsRecycling', number[]> = {
      prefork: [],
      threads: [],
      preforkRecycling: [],
      threadsRecycling: [],
    };
    const alone = async (measure: () => Promise<number>): Promise<number> => {
      await quiet(benches);
      return measure();
    };
    for (let round = -1; round < rounds; round += 1) {
      const bareProcesses = await alone(() => runBare(processes, work, count));
      const onPrefork = await alone(() => runTasks(prefork, work, count));
      const onPreforkRecycling = await alone(() => runTasks(preforkRecycling, work, count));
      const bareThreads = await alone(() => runBare(threads, work, count));
      const onThreads = await alone(() => runTasks(threaded, work, count));
      const onThreadsRecycling = await alone(() => runTasks(threadsRecycling, work, count));
      if (round < 0) continue; // the first round warms up
      ratios.prefork.push(bareProcesses / onPrefork);
      ratios.threads.push(bareThreads / onThreads);
      ratios.preforkRecycling.push(bareProcesses / onPreforkRecycling);
      ratios.threadsRecycling.push(bareThreads / onThreadsRecycling);
    }
    return {
      title: 'Computing',
      how: `${count} tasks that compute for ${TASK_MS} ms, sent at once to a worker with ${CHILDREN} children, against ${CHILDREN} bare processes (threads) that do the same without a queue. Where children are recycled, one is due after ${RECYCLE_EVERY} tasks and its successor boots beside it. Medians of ${rounds} interleaved rounds.`,
      figures: [
        figureOf('prefork', 'processes', ratios.prefork),
        figureOf('threads', 'threads', ratios.threads),
        figureOf(`prefork, recycled ${recycledBy(preforkRecycling)} times`, 'processes', ratios.preforkRecycling, 0.85),
        figureOf(`threads, recycled ${recycledBy(threadsRecycling)} times`, 'threads', ratios.threadsRecycling, 0.85),
      ],
    };
  } finally {
    await Promise.all([
      ...[...processes, ...threads].map((bare) => bare.stop()),
      ...benches.map((bench) => bench.close()),
    ]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How many rounds of arithmetic take a task's time here, once compiled. */
function calibrate(): number {
  const some = 1_000_000;
  const times = Array.from({ length: 9 }, () => {
    const startedUs = nowUs();
    burn(some);
    return nowUs() - startedUs;
  });
  return Math.round((some * TASK_MS * 1_000) / Math.min(...times));
}

/** Resolves when no worker is busy any more: a child that was due at the end of a run is replaced after it, and that takes a second of a core. */
async function quiet(benches: readonly Bench[]): Promise<void> {
  const state = () => ({
    pids: benches.flatMap((bench) => bench.pids()).join(' '),
    cpuMs: benches.reduce((sum, bench) => sum + (bench.cpuMs() ?? 0), 0),
  });
  const isQuiet = async (): Promise<boolean> => {
    const before = state();
    await pause(QUIET_MS);
    const after = state();
    return after.pids === before.pids && after.cpuMs - before.cpuMs <= QUIET_MS * MOST_QUIET;
  };
  await until(isQuiet, { withinMs: 60_000, what: 'All workers have nothing left to do' });
}

/** @returns microseconds from the first word to the last one's end */
async function runBare(bare: readonly WorkerProcess[], rounds: number, count: number): Promise<number> {
  const startedUs = nowUs();
  const share = count / CHILDREN;
  const ends = await Promise.all(bare.map((each) => each.ask<number>('burn', { rounds, count: share })));
  return Math.max(...ends) - startedUs;
}

async function runTasks(bench: Bench, rounds: number, count: number): Promise<number> {
  const { tasks, calls } = bench;
  const startedUs = nowUs();
  const { results } = await tasks.sendMany(Array.from({ length: count }, () => calls.compute.s(rounds)));
  await bench.drained(500); // who waits here should not take part in the computing
  const ends = await Promise.all(results.map((result) => result.get({ timeout: '2m' })));
  return Math.max(...ends) - startedUs;
}

/** How many of its children were replaced so far. */
function recycledBy({ worker }: Bench): number {
  return (worker?.tail(Infinity).split(' is replaced by ').length ?? 1) - 1;
}

function figureOf(pool: string, bare: string, ratios: readonly number[], atLeast = 0.95): Figure {
  return { what: `${pool}, as a part of ${CHILDREN} bare ${bare}`, value: median(ratios), unit: '', atLeast };
}
