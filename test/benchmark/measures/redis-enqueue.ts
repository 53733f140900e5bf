import { performance } from 'node:perf_hooks';
import { payload, type Scale } from '../bench.js';
import { median, type Figure, type Finding } from '../figure.js';
import { BullQueue, NestQueue } from '../redis/contestants.js';
import { RedisHost } from '../redis/redis-host.js';

const IN_FLIGHT = 64;

interface Cost {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** What it takes to send to Redis. */
export async function redisEnqueue(scale: Scale): Promise<Finding> {
  const count = scale.of(40_000, 6_000);
  const rounds = scale.of(5, 3);
  const found = { ours: [] as Cost[], bull: [] as Cost[], ourMany: [] as Cost[], bullMany: [] as Cost[] };
  await RedisHost.use(async (host) => {
    const ours = await NestQueue.open(host, scale, { pool: 'async' });
    const bull = new BullQueue(host, scale);
    const addOurs = () => ours.calls.nothing.delay(payload);
    const addBull = () => bull.queue.add('nothing', { payload });
    const measure = async (costs: Cost[], send: () => Promise<void>): Promise<void> => {
      await host.clear();
      costs.push(await costOf(host, count, send));
    };
    for (let round = -1; round < rounds; round += 1) {
      const into = round < 0 ? { ours: [], bull: [], ourMany: [], bullMany: [] } : found; // the first one warms up
      await measure(into.ours, () => sendSingly(addOurs, count));
      await measure(into.bull, () => sendSingly(addBull, count));
      await measure(into.ourMany, () => ours.fill(count));
      await measure(into.bullMany, () => bull.fill(count));
    }
  });
  return {
    title: 'Sending to Redis',
    how: `${count} tasks of 100 bytes, no worker; CPU of the sending process and of Redis. ${rounds} rounds in turn, medians; ratios within each round, to BullMQ's "add" and to its "addBulk" with 1000 at once.`,
    figures: [
      ...compare(`${IN_FLIGHT} sends in flight`, found.ours, found.bull, { rate: 3.3, cpu: 0.2 }),
      ...compare('sendMany', found.ourMany, found.bullMany, { rate: 6.5 }),
    ],
  };
}

async function costOf(host: RedisHost, count: number, send: () => Promise<void>): Promise<Cost> {
  const cpuBefore = process.cpuUsage();
  const redisBefore = host.cpuUs();
  const startedAt = performance.now();
  await send();
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: count / seconds, cpuUs: (user + system + host.cpuUs() - redisBefore) / count };
}

async function sendSingly(send: () => Promise<unknown>, count: number): Promise<void> {
  let left = count;
  const sender = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await send();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
}

function compare(
  what: string,
  ours: readonly Cost[],
  bull: readonly Cost[],
  asked: { readonly rate: number; readonly cpu?: number },
): readonly Figure[] {
  const ratio = (key: keyof Cost): number => median(ours.map((cost, round) => cost[key] / (bull[round]?.[key] ?? NaN)));
  const of = (costs: readonly Cost[], key: keyof Cost): number => median(costs.map((cost) => cost[key]));
  return [
    { what: `${what}: rate to BullMQ's`, value: ratio('perSecond'), unit: '×', atLeast: asked.rate },
    {
      what: `${what}: CPU to BullMQ's`,
      value: ratio('cpuUs'),
      unit: '×',
      ...(asked.cpu !== undefined && { atMost: asked.cpu }),
    },
    { what, value: Math.round(of(ours, 'perSecond')), unit: 'tasks/s' },
    { what: `${what}: BullMQ`, value: Math.round(of(bull, 'perSecond')), unit: 'tasks/s' },
    { what: `${what}: CPU`, value: of(ours, 'cpuUs'), unit: 'µs/task' },
    { what: `${what}: CPU, BullMQ`, value: of(bull, 'cpuUs'), unit: 'µs/task' },
  ];
}
