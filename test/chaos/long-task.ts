import { performance } from 'node:perf_hooks';
import { markdownTable } from '../tools/markdown-table.js';
import { RunRig, type PartReport, type RunPlace } from './run-rig.js';

export interface LongTaskOptions extends RunPlace {
  /** How long the task computes. */
  readonly ms: number;
}

/** A task that holds its thread for long, beside a second worker that has nothing to do: it runs once. */
export async function longTask(options: LongTaskOptions): Promise<PartReport> {
  const rig = await RunRig.open(options);
  const { client, fleet, log, view } = rig;
  try {
    const startedAt = performance.now();
    await Promise.all([fleet.start(), fleet.start()]);
    const sent = await client.chaos.compute.delay(options.ms);
    const value = await sent.get({ timeout: options.ms * 2 + 60_000, propagate: false });
    const runs = log.read().starts.get(sent.id)?.length ?? 0;
    const neighbour = await (await client.chaos.work.delay(1, 0, 0)).get({ timeout: '30s', propagate: false });
    await fleet.stop();
    const left = await view.countMessages();
    const problems = [
      ...(value === options.ms ? [] : [`the task should have returned ${options.ms}, got ${String(value)}`]),
      ...(runs === 1 ? [] : [`the task ran ${runs} times`]),
      ...(neighbour === 3 ? [] : [`a task after it should have returned 3, got ${String(neighbour)}`]),
      ...(left > 0 ? [`${left} messages are left in the store`] : []),
    ];
    const seconds = (performance.now() - startedAt) / 1_000;
    const text = [
      `### A task that computes for ${options.ms / 1_000} s, beside an idle worker: ${options.pool}, ${seconds.toFixed(1)} s`,
      '',
      markdownTable(['', 'asked', 'measured'], [['runs', '1', String(runs)]]),
    ].join('\n');
    return { part: 'long', pool: options.pool, seconds, counts: { runs }, problems, text };
  } finally {
    await rig.close();
  }
}
