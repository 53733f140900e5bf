import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nowUs } from '../../fixtures/apps/benchmark/work.js';
import { cpuMsOf, hasProc } from '../../tools/proc.js';
import { WorkerProcess } from '../../tools/worker-process.js';
import { Bench, benchmarkApp, type Scale } from '../bench.js';
import { median, type Finding } from '../figure.js';

/** Calls to an API that takes its time, all at once on one `async` worker, against the same calls without a queue. */
export async function calls(scale: Scale): Promise<Finding> {
  const count = scale.of(2_000, 500);
  const rounds = scale.of(5, 3);
  const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-benchmark-'));
  const start = (name: string): WorkerProcess =>
    WorkerProcess.start({ file: benchmarkApp(name), logFile: path.join(folder, `${name}.log`) });
  const api = start('slow-api');
  const bare = start('bare-calls');
  const bench = await Bench.open({ scale, pool: 'async', concurrency: count });
  try {
    const url = await api.ask<string>('url');
    await bench.warmUp(2_000);
    const bareUs: number[] = [];
    const taskUs: number[] = [];
    const beginUs: number[] = [];
    const bareCpuMs: number[] = [];
    const taskCpuMs: number[] = [];
    for (let round = -1; round < rounds; round += 1) {
      const cpu = [cpuMsOf(bare.pid), bench.cpuMs() ?? 0] as const;
      const alone = await bare.ask<number>('call', { url, count });
      const queued = await callByTasks(bench, url, count);
      if (round < 0) continue; // the first round warms up
      bareCpuMs.push(cpuMsOf(bare.pid) - cpu[0]);
      taskCpuMs.push((bench.cpuMs() ?? 0) - cpu[1]);
      bareUs.push(alone);
      taskUs.push(queued.endUs);
      beginUs.push(queued.lastBeginUs);
    }
    const ratios = taskUs.map((us, at) => us / (bareUs[at] ?? us));
    return {
      title: 'Calling an API',
      how: `${count} queued tasks, each a loopback HTTP call of 200 ms, on one async worker of concurrency ${count}, against a bare Promise.all of as many calls. Medians of ${rounds} interleaved rounds.`,
      figures: [
        { what: 'bare calls', value: median(bareUs) / 1_000, unit: 'ms' },
        { what: 'tasks', value: median(taskUs) / 1_000, unit: 'ms' },
        { what: 'tasks, until the last one begins', value: median(beginUs) / 1_000, unit: 'ms' },
        { what: 'bare calls, CPU', value: hasProc ? median(bareCpuMs) : undefined, unit: 'ms' },
        { what: 'tasks, CPU of the worker', value: hasProc ? median(taskCpuMs) : undefined, unit: 'ms' },
        { what: 'tasks, as a multiple of the bare calls', value: median(ratios), unit: '×', atMost: 1.3 },
      ],
    };
  } finally {
    await Promise.all([api.stop(1_000), bare.stop(1_000), bench.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns microseconds from the moment at which the worker may begin */
async function callByTasks(
  bench: Bench,
  url: string,
  count: number,
): Promise<{ readonly lastBeginUs: number; readonly endUs: number }> {
  const { results } = await bench.whileStopped(() =>
    bench.tasks.sendMany(Array.from({ length: count }, () => bench.calls.call.s(url))),
  );
  const startedUs = nowUs();
  await bench.drained();
  const times = await Promise.all(results.map((result) => result.get({ timeout: '1m' })));
  return {
    lastBeginUs: Math.max(...times.map(({ beginUs }) => beginUs)) - startedUs,
    endUs: Math.max(...times.map(({ endUs }) => endUs)) - startedUs,
  };
}
