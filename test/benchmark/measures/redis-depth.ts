import type { Scale } from '../bench.js';
import { median, type Finding } from '../figure.js';
import { cpuUsOf, leftBelow, NestQueue } from '../redis/contestants.js';
import { callsBetween, RedisHost } from '../redis/redis-host.js';

const WARM_UP = 5_000;
const PART = 8_000;

interface Cost {
  readonly cpuUs: number;
  readonly commands: number;
}

/** Whether a task costs more where more tasks wait. */
export async function redisDepth(scale: Scale): Promise<Finding> {
  const [shallow, deep] = [10_000, scale.of(1_000_000, 100_000)];
  const rounds = scale.of(5, 3);
  const costs = new Map<number, Cost>();
  for (const depth of [shallow, deep]) {
    await RedisHost.use(async (host) => costs.set(depth, await measure(host, scale, depth, rounds)));
  }
  const [small, large] = [costs.get(shallow), costs.get(deep)];
  const ratio = (key: keyof Cost): number => (large?.[key] ?? NaN) / (small?.[key] ?? NaN);
  return {
    title: 'A task in a short and in a long queue in Redis',
    how: `${PART} no-op tasks drained of ${shallow} and of ${deep} queued ones, one async worker, ${rounds} times, medians. CPU of worker and Redis.`,
    figures: [
      { what: 'CPU, long to short', value: ratio('cpuUs'), unit: '×', atMost: 1.3 },
      { what: 'Redis commands, long to short', value: ratio('commands'), unit: '×', atMost: 1.3 },
      ...[...costs].flatMap(([depth, { cpuUs, commands }]) => [
        { what: `${depth} queued: CPU`, value: cpuUs, unit: 'µs/task' },
        { what: `${depth} queued: Redis commands`, value: commands, unit: '/task' },
      ]),
    ],
  };
}

async function measure(host: RedisHost, scale: Scale, depth: number, rounds: number): Promise<Cost> {
  const queue = await NestQueue.open(host, scale, { pool: 'async' });
  await queue.fill(depth - WARM_UP); // before there is a worker, whose lease would end while it stands still for so long
  const [worker] = await queue.startWorkers();
  if (worker === undefined) throw new Error('There is no worker.');
  await leftBelow(queue, depth - 2 * WARM_UP);
  const found: Cost[] = [];
  for (let round = 0; round < rounds; round += 1) {
    worker.signal('SIGSTOP');
    await queue.fill(Math.max(0, depth - (await queue.left())));
    const [before, cpuBefore, had] = [await host.work(), cpuUsOf([worker]), await queue.left()];
    worker.signal('SIGCONT');
    await leftBelow(queue, depth - PART, 2);
    worker.signal('SIGSTOP');
    const [after, cpuAfter, left] = [await host.work(), cpuUsOf([worker]), await queue.left()];
    const done = had - left;
    found.push({
      cpuUs: (cpuAfter - cpuBefore + after.cpuUs - before.cpuUs) / done,
      commands: callsBetween(before, after) / done,
    });
  }
  worker.signal('SIGKILL');
  await worker.ended;
  await queue.close();
  return { cpuUs: median(found.map(({ cpuUs }) => cpuUs)), commands: median(found.map(({ commands }) => commands)) };
}
