import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { nowUs } from '../../fixtures/apps/benchmark/work.js';
import { Bench, poolKinds, type Scale } from '../bench.js';
import { percentile, type Figure, type Finding } from '../figure.js';

const PER_SECOND = 100;

/** How long after its sending a task begins, where there is a free slot. */
export async function latency(scale: Scale): Promise<Finding> {
  const count = PER_SECOND * scale.of(10, 3);
  const figures: Figure[] = [];
  for (const pool of poolKinds) {
    const times = await Bench.use({ scale, pool }, async (bench) => {
      await bench.warmUp(500);
      return measure(bench, count);
    });
    figures.push(
      { what: `${pool}: median`, value: percentile(times, 0.5), unit: 'ms' },
      { what: `${pool}: 99 of 100`, value: percentile(times, 0.99), unit: 'ms' },
    );
  }
  return {
    title: 'From sending to starting',
    how: `${count} tasks, ${PER_SECOND} a second, to a worker that has nothing else to do: from the call of delay() to the first line of the body, in another process.`,
    figures,
  };
}

/** @returns milliseconds each */
async function measure({ calls }: Bench, count: number): Promise<readonly number[]> {
  const sends: Promise<{ sentUs: number; result: Awaited<ReturnType<typeof calls.begin.delay>> }>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < count; n += 1) {
    await pause(Math.max(0, startedAt + (n * 1_000) / PER_SECOND - performance.now()));
    const sentUs = nowUs();
    sends.push(calls.begin.delay().then((result) => ({ sentUs, result })));
  }
  const sent = await Promise.all(sends);
  return Promise.all(sent.map(async ({ sentUs, result }) => ((await result.get({ timeout: '1m' })) - sentUs) / 1_000));
}
