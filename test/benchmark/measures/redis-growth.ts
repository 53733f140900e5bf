import type { Memory } from '../../fixtures/apps/benchmark/work.js';
import type { WorkerProcess } from '../../tools/worker-process.js';
import { until } from '../../tools/until.js';
import type { Scale } from '../bench.js';
import { slope, type Finding } from '../figure.js';
import { leftBelow, NestQueue } from '../redis/contestants.js';
import { RedisHost } from '../redis/redis-host.js';

const MIB = 1_048_576;
const PER = 100_000;
const BATCH = 10_000;
const HOUR_MS = 3_600_000;

/** Whether a worker's memory grows with the tasks it has run, and with those that are parked. */
export async function redisGrowth(scale: Scale): Promise<Finding> {
  const warmUp = scale.of(100_000, 20_000);
  const tasks = scale.of(500_000, 40_000);
  const every = scale.of(50_000, 10_000);
  const parked = scale.of(1_000_000, 50_000);
  const withCollector = { ...scale, execArgv: [...scale.execArgv, '--expose-gc'] };
  return RedisHost.use(async (host) => {
    const queue = await NestQueue.open(host, withCollector, { pool: 'async' });
    const [worker] = await queue.startWorkers();
    if (worker === undefined) throw new Error('There is no worker.');
    const readings: (readonly [done: number, mib: number])[] = [];
    for (let done = 0; done < warmUp + tasks;) {
      await queue.fill(BATCH);
      await leftBelow(queue, BATCH);
      done += BATCH;
      if (done < warmUp || done % every !== 0) continue;
      await leftBelow(queue, 0);
      readings.push([done / PER, await residentMib(worker)]);
    }
    const before = await residentMib(worker);
    await park(queue, parked);
    await until(async () => (await host.client.zcard('ntq:parked')) === parked, {
      withinMs: 300_000,
      everyMs: 100,
      what: 'All are parked',
    });
    const after = await residentMib(worker);
    worker.signal('SIGKILL');
    await worker.ended;
    return {
      title: 'Growth of memory on Redis',
      how: `One async worker, resident size after garbage was collected: ${tasks} no-op tasks after ${warmUp}, read each ${every}, with the slope of a straight line; then ${parked} tasks with an eta an hour from now.`,
      figures: [
        { what: 'growth', value: slope(readings), unit: 'MiB/100 000 tasks', ...(scale.isQuick ? {} : { atMost: 1 }) },
        { what: 'first resident size', value: readings[0]?.[1], unit: 'MiB' },
        { what: 'last resident size', value: readings.at(-1)?.[1], unit: 'MiB' },
        { what: `with ${parked} parked: more than before`, value: after - before, unit: 'MiB', atMost: 5 },
      ],
    };
  });
}

async function residentMib(worker: WorkerProcess): Promise<number> {
  return (await worker.ask<Memory>('collect')).resident / MIB;
}

async function park(queue: NestQueue, count: number): Promise<void> {
  const eta = new Date(Date.now() + HOUR_MS);
  for (let sent = 0; sent < count; sent += 1_000) {
    const many = Array.from({ length: Math.min(1_000, count - sent) }, () => queue.calls.due.s().set({ eta }));
    await queue.tasks.sendMany(many, { batchSize: 1_000 });
  }
}
