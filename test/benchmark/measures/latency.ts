import { Bench, poolKinds, type Scale } from '../bench.js';
import { percentile, type Figure, type Finding } from '../figure.js';
import { PER_SECOND, startTimesOf } from '../start-times.js';

/** How long after its sending a task begins, where there is a free slot. */
export async function latency(scale: Scale): Promise<Finding> {
  const count = PER_SECOND * scale.of(10, 3);
  const figures: Figure[] = [];
  for (const pool of poolKinds) {
    const times = await Bench.use({ scale, pool }, async (bench) => {
      await bench.warmUp(500);
      return startTimesOf(bench.calls.begin, count);
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
