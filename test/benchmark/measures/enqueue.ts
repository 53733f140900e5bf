import { performance } from 'node:perf_hooks';
import { Bench, payload, type Scale } from '../bench.js';
import { median, type Finding } from '../figure.js';

const IN_FLIGHT = 64;
const ROUNDS = 3;

/** What it takes to send to the embedded store. */
export async function enqueue(scale: Scale): Promise<Finding> {
  const count = scale.of(20_000, 4_000);
  const single: Cost[] = [];
  const many: Cost[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await Bench.use({ scale }, async (bench) => {
      await bench.send(2_000);
      single.push(await costOf(count, () => sendSingly(bench, count)));
      many.push(await costOf(count, () => bench.send(count)));
    });
  }
  return {
    title: 'Sending',
    how: `${count} tasks of 100 bytes to the embedded store, no worker; CPU of the sending process. Medians of ${ROUNDS} rounds.`,
    figures: [...figuresOf(`${IN_FLIGHT} sends in flight`, single), ...figuresOf('sendMany, 1000 at once', many)],
  };
}

interface Cost {
  readonly perSecond: number;
  readonly cpuUs: number;
}

async function costOf(count: number, send: () => Promise<void>): Promise<Cost> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await send();
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: count / seconds, cpuUs: (user + system) / count };
}

async function sendSingly({ calls }: Bench, count: number): Promise<void> {
  let left = count;
  const sender = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await calls.nothing.delay(payload);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
}

function figuresOf(what: string, costs: readonly Cost[]): Finding['figures'] {
  return [
    { what, value: Math.round(median(costs.map(({ perSecond }) => perSecond))), unit: 'tasks/s' },
    { what: `${what}, CPU`, value: median(costs.map(({ cpuUs }) => cpuUs)), unit: 'µs/task' },
  ];
}
