import { Bench, type Scale } from '../bench.js';
import { percentile, type Finding } from '../figure.js';

/** How late tasks with an eta begin. */
export async function lateness(scale: Scale): Promise<Finding> {
  const count = scale.of(2_000, 400);
  const [spread, burst] = await Bench.use({ scale, pool: 'async' }, async (bench) => {
    await bench.warmUp(500);
    return [await measure(bench, count, (n) => (3_000 * n) / count), await measure(bench, count, () => 0)] as const;
  });
  const figuresOf = (what: string, times: readonly number[]): Finding['figures'] => [
    { what: `${what}: median`, value: percentile(times, 0.5), unit: 'ms' },
    { what: `${what}: 99 of 100`, value: percentile(times, 0.99), unit: 'ms' },
    { what: `${what}: earliest`, value: Math.min(...times), unit: 'ms', atLeast: 0 },
  ];
  return {
    title: 'Lateness of tasks with an eta',
    how: `${count} tasks with an eta of 2 s and later, on one async worker, by the time of day: spread over 3 s, and all at one moment.`,
    figures: [...figuresOf('spread', spread), ...figuresOf('all at once', burst)],
  };
}

/** @returns milliseconds after its eta, each */
async function measure(bench: Bench, count: number, offsetMs: (n: number) => number): Promise<readonly number[]> {
  const from = Date.now() + 2_000;
  const etas = Array.from({ length: count }, (_, n) => Math.round(from + offsetMs(n)));
  const results = await Promise.all(etas.map((eta) => bench.calls.due.applyAsync([], { eta: new Date(eta) })));
  const begins = await Promise.all(results.map((result) => result.get({ timeout: '1m' })));
  return begins.map((begin, at) => begin - (etas[at] ?? 0));
}
