import { performance } from 'node:perf_hooks';
import { Bench, poolKinds, type Scale } from '../bench.js';
import { median, type Finding } from '../figure.js';

const ROUNDS = 3;

/** What a worker makes of a full queue, by pool. */
export async function drain(scale: Scale): Promise<Finding> {
  const count = scale.of(20_000, 3_000);
  const figures = [];
  for (const pool of poolKinds) {
    const rounds = await Bench.use({ scale, pool }, async (bench) => {
      await bench.warmUp(3_000);
      const found = [];
      for (let round = 0; round < ROUNDS; round += 1) found.push(await drainOnce(bench, count));
      return found;
    });
    const cpu = rounds.flatMap(({ cpuUs }) => cpuUs ?? []);
    figures.push(
      { what: pool, value: Math.round(median(rounds.map(({ perSecond }) => perSecond))), unit: 'tasks/s' },
      { what: `${pool}, CPU of all its processes`, value: cpu.length === 0 ? undefined : median(cpu), unit: 'µs/task' },
    );
  }
  return {
    title: 'Draining a queue',
    how: `${count} queued tasks that do nothing, 100 bytes each, results stored; one worker with 2 processes or threads (async: 100 at once). Medians of ${ROUNDS} rounds.`,
    figures,
  };
}

async function drainOnce(bench: Bench, count: number): Promise<{ perSecond: number; cpuUs: number | undefined }> {
  const cpuBefore = bench.cpuMs();
  await bench.whileStopped(() => bench.send(count));
  const startedAt = performance.now();
  await bench.drained();
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuAfter = bench.cpuMs();
  const cpuUs =
    cpuBefore === undefined || cpuAfter === undefined ? undefined : ((cpuAfter - cpuBefore) * 1_000) / count;
  return { perSecond: count / seconds, cpuUs };
}
