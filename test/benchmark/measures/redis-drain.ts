import { performance } from 'node:perf_hooks';
import type { Scale } from '../bench.js';
import { median, type Figure, type Finding } from '../figure.js';
import {
  BullQueue,
  CeleryQueue,
  cpuUsOf,
  leftBelow,
  NestQueue,
  type Contestant,
  type NestWorkers,
  type RunningWorker,
} from '../redis/contestants.js';
import { callsBetween, RedisHost } from '../redis/redis-host.js';

const WARM_UP = 5_000;
const BULL_CONCURRENCIES = [10, 50, 100, 200];
/** µs of a minimal prototype that moves the same bytes through the same keys. */
const FLOOR_US = 38;

export interface Drained {
  readonly perSecond: number;
  readonly workerUs: number;
  readonly redisUs: number;
  readonly commands: number;
}

/** Full queues in Redis, worked off by this library and by its peers. */
export async function redisDrain(scale: Scale): Promise<Finding> {
  const count = scale.of(50_000, 8_000);
  const rounds = scale.of(3, 2);
  const found = new Map<string, Drained[]>();
  const best: Drained[] = [];
  await RedisHost.use(async (host) => {
    const sender = await NestQueue.open(host, scale, { pool: 'async' });
    for (let round = 0; round < rounds; round += 1) {
      const run = async (contestant: Contestant, tasks = count): Promise<Drained> => {
        const drained = await drainOnce(host, contestant, tasks);
        await contestant.close();
        found.set(contestant.name, [...(found.get(contestant.name) ?? []), drained]);
        return drained;
      };
      for (const [name, kind] of nestKinds) await run(await NestQueue.open(host, scale, kind, name));
      const bulls: Drained[] = [];
      for (const each of BULL_CONCURRENCIES) bulls.push(await run(new BullQueue(host, scale, each), count / 2));
      best.push(bulls.reduce((one, other) => (other.perSecond > one.perSecond ? other : one)));
      if (round === 0) await run(new CeleryQueue(host, sender), scale.of(3_000, 1_000));
    }
    await sender.close();
  });
  return {
    title: 'Draining a queue in Redis',
    how: `${count} queued tasks that do nothing, 100 bytes each, results stored (BullMQ half as many, Celery some thousands); one Redis, ${rounds} rounds in turn, medians; ratios within each round, to BullMQ at whichever of its concurrencies ${BULL_CONCURRENCIES.join(', ')} was the fastest in it. CPU is that of the worker with its children and threads, and of Redis.`,
    figures: [...ratios(found, best), ...[...found].flatMap(([name, drained]) => figuresOf(name, drained))],
  };
}

const nestKinds: readonly (readonly [string, NestWorkers])[] = [
  ['async', { pool: 'async' }],
  ['prefork, 2 processes', { pool: 'prefork' }],
  ['threads, 2 threads', { pool: 'threads' }],
  ['async, 3 workers of concurrency 2', { pool: 'async', concurrency: 2, workers: 3 }],
  ['async, 1 worker of concurrency 6', { pool: 'async', concurrency: 6 }],
];

/** Fills the queue while the workers stand still, and has them work it off. */
export async function drainOnce(host: RedisHost, contestant: Contestant, count: number): Promise<Drained> {
  await host.clear();
  const workers = await contestant.startWorkers();
  await contestant.fill(Math.min(WARM_UP, count / 2));
  await leftBelow(contestant, 0);
  await whileStopped(workers, () => contestant.fill(count));
  const before = await host.work();
  const cpuBefore = cpuUsOf(workers);
  const startedAt = performance.now();
  await leftBelow(contestant, 0);
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = await host.work();
  const cpuAfter = cpuUsOf(workers);
  await Promise.all(workers.map((worker) => worker.stop()));
  return {
    perSecond: count / seconds,
    workerUs: (cpuAfter - cpuBefore) / count,
    redisUs: (after.cpuUs - before.cpuUs) / count,
    commands: callsBetween(before, after) / count,
  };
}

/** What is queued meanwhile waits for them. */
async function whileStopped(workers: readonly RunningWorker[], fill: () => Promise<void>): Promise<void> {
  for (const worker of workers) worker.signal('SIGSTOP');
  await fill();
  for (const worker of workers) worker.signal('SIGCONT');
}

function ratios(found: ReadonlyMap<string, readonly Drained[]>, best: readonly Drained[]): readonly Figure[] {
  const each = (name: string, ratio: (drained: Drained, round: number) => number): number =>
    median((found.get(name) ?? []).map(ratio));
  const totalOf = ({ workerUs, redisUs }: Drained): number => workerUs + redisUs;
  const asyncRuns = found.get('async') ?? [];
  const ofAsync = (drained: Drained, round: number): number => drained.perSecond / (asyncRuns[round]?.perSecond ?? NaN);
  const single = found.get('async, 1 worker of concurrency 6') ?? [];
  return [
    {
      what: "async: rate to BullMQ's",
      value: each('async', (drained, round) => drained.perSecond / (best[round]?.perSecond ?? NaN)),
      unit: '×',
      atLeast: 2.5,
    },
    {
      what: "async: CPU, worker and Redis, to BullMQ's",
      value: each('async', (drained, round) => totalOf(drained) / totalOf(best[round] ?? drained)),
      unit: '×',
      atMost: 0.38,
    },
    { what: 'async: CPU, worker and Redis', value: each('async', totalOf), unit: 'µs/task', atMost: 1.4 * FLOOR_US },
    { what: 'prefork: rate to async', value: each('prefork, 2 processes', ofAsync), unit: '×', atLeast: 0.5 },
    { what: 'threads: rate to async', value: each('threads, 2 threads', ofAsync), unit: '×' },
    {
      what: '3 workers of concurrency 2: rate to one of 6',
      value: each(
        'async, 3 workers of concurrency 2',
        (drained, round) => drained.perSecond / (single[round]?.perSecond ?? NaN),
      ),
      unit: '×',
    },
  ];
}

function figuresOf(name: string, drained: readonly Drained[]): readonly Figure[] {
  const of = (key: keyof Drained): number => median(drained.map((each) => each[key]));
  return [
    { what: name, value: Math.round(of('perSecond')), unit: 'tasks/s' },
    { what: `${name}: CPU of workers`, value: of('workerUs'), unit: 'µs/task' },
    { what: `${name}: CPU of Redis`, value: of('redisUs'), unit: 'µs/task' },
    { what: `${name}: Redis commands, those in scripts included`, value: of('commands'), unit: '/task' },
  ];
}
