import type { Traffic } from '../../fixtures/apps/benchmark/pool-traffic.js';
import type { CompleteSignature } from 'nest-task-queue';
import { Bench, type Scale } from '../bench.js';
import type { Figure, Finding } from '../figure.js';

/** What a task costs in talk between a worker and its child processes. */
export async function talk(scale: Scale): Promise<Finding> {
  const count = scale.of(10_000, 2_000);
  const figures = await Bench.use({ scale, pool: 'prefork' }, async (bench) => {
    await bench.warmUp(2_000);
    const short = await talkOf(bench, count);
    const long = await talkOf(bench, count / 20, () => bench.calls.compute.s(4_000_000));
    return [...figuresOf('tasks that do nothing', short), ...figuresOf('tasks of some milliseconds', long)];
  });
  return {
    title: 'Talk between a prefork worker and its children',
    how: `${count} queued tasks that do nothing, and ${count / 20} that compute for some milliseconds, on 2 child processes. A frame is one message; a write or read moves as many as are there.`,
    figures,
  };
}

async function talkOf(bench: Bench, count: number, sign?: () => CompleteSignature): Promise<Traffic> {
  const before = await bench.worker?.ask<Traffic>('traffic');
  await bench.whileStopped(() => bench.send(count, sign));
  await bench.drained();
  const after = await bench.worker?.ask<Traffic>('traffic');
  if (before === undefined || after === undefined) throw new Error('The pool of the worker does not tell what it did.');
  const grown = (key: keyof Traffic): number => after[key] - before[key];
  return {
    jobs: grown('jobs'),
    framesSent: grown('framesSent'),
    framesReceived: grown('framesReceived'),
    writes: grown('writes'),
    reads: grown('reads'),
  };
}

function figuresOf(what: string, traffic: Traffic): readonly Figure[] {
  const each = (key: keyof Traffic): number => traffic[key] / traffic.jobs;
  return [
    { what: `${what}: frames to the child`, value: each('framesSent'), unit: '/task' },
    { what: `${what}: frames from the child`, value: each('framesReceived'), unit: '/task' },
    { what: `${what}: writes to the child`, value: each('writes'), unit: '/task' },
    { what: `${what}: reads from the child`, value: each('reads'), unit: '/task' },
  ];
}
