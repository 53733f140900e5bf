import type { Scale } from '../bench.js';
import { median, type Figure, type Finding } from '../figure.js';
import { NestQueue, type NestWorkers } from '../redis/contestants.js';
import { RedisHost } from '../redis/redis-host.js';
import { drainOnce, type Drained } from './redis-drain.js';

const POOLS = ['async', 'prefork'] as const;

/** What the events of tasks cost a worker. */
export async function events(scale: Scale): Promise<Finding> {
  const count = scale.of(50_000, 8_000);
  const rounds = scale.of(5, 3);
  const found = new Map<string, Drained[]>();
  await RedisHost.use(async (host) => {
    const run = async (kind: NestWorkers): Promise<void> => {
      const queue = await NestQueue.open(host, scale, kind);
      const drained = await drainOnce(host, queue, count);
      await queue.close();
      const name = nameOf(kind);
      found.set(name, [...(found.get(name) ?? []), drained]);
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const pool of POOLS) {
        for (const tellsMonitors of round % 2 === 0 ? [false, true] : [true, false]) await run({ pool, tellsMonitors });
      }
    }
  });
  return {
    title: 'What the events of tasks cost',
    how: `${count} queued tasks that do nothing, 100 bytes each, results stored; each is told as received, started and succeeded. One Redis, ${rounds} rounds in turn, medians; ratios within each round. CPU is that of the worker with its children.`,
    figures: POOLS.flatMap((pool) => figuresOf(pool, found)),
  };
}

function nameOf({ pool, tellsMonitors = false }: NestWorkers): string {
  return `${pool}, events ${tellsMonitors ? 'on' : 'off'}`;
}

function figuresOf(pool: (typeof POOLS)[number], found: ReadonlyMap<string, readonly Drained[]>): readonly Figure[] {
  const [off, on] = [false, true].map((tellsMonitors) => found.get(nameOf({ pool, tellsMonitors })) ?? []);
  const ratios = (on ?? []).map((drained, round) => drained.workerUs / (off?.[round]?.workerUs ?? NaN));
  const cpuOf = (drained: readonly Drained[] | undefined): number =>
    median((drained ?? []).map(({ workerUs }) => workerUs));
  return [
    { what: `${pool}: CPU with events, to that without`, value: median(ratios), unit: '×', atMost: 1.15 },
    { what: `${pool}: CPU without events`, value: cpuOf(off), unit: 'µs/task' },
    { what: `${pool}: CPU with events`, value: cpuOf(on), unit: 'µs/task' },
  ];
}
