import type { WorkerProcess } from '../../tools/worker-process.js';
import { until } from '../../tools/until.js';
import { nowUs } from '../../fixtures/apps/benchmark/work.js';
import type { Scale } from '../bench.js';
import { median, percentile, type Finding } from '../figure.js';
import { BareList, BullQueue, leftBelow, NestQueue } from '../redis/contestants.js';
import { RedisHost } from '../redis/redis-host.js';
import { PER_SECOND, startTimesOf, steadily } from '../start-times.js';

/** How long after its sending a task begins, where there is a free slot, over Redis. */
export async function redisLatency(scale: Scale): Promise<Finding> {
  const count = PER_SECOND * scale.of(10, 3);
  const rounds = scale.of(3, 2);
  const ours: (readonly number[])[] = [];
  const bulls: (readonly number[])[] = [];
  const bares: (readonly number[])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await RedisHost.use(async (host) => {
      ours.push(await measureOurs(host, scale, count));
      await host.clear();
      bulls.push(await measureBull(host, scale, count));
      await host.clear();
      bares.push(await measureBare(host, scale, count));
    });
  }
  const ratio = (part: number, all = ours): number =>
    median(all.map((times, round) => percentile(times, part) / percentile(bulls[round] ?? [], part)));
  const of = (all: typeof ours, part: number): number => median(all.map((times) => percentile(times, part)));
  return {
    title: 'From sending to starting, over Redis',
    how: `${count} tasks, ${PER_SECOND} a second, to a worker that has nothing else to do (ours: pool async; BullMQ: concurrency 10): from the call that sends to the first line of the body, in another process. A bare list is LPUSH in one process and BLMOVE in another: the floor. As many before them do not count, since a process that has just begun is not one that has been up for a while. ${rounds} rounds in turn, medians.`,
    figures: [
      { what: "median: to BullMQ's", value: ratio(0.5), unit: '×', atMost: 0.6 },
      { what: "99 of 100: to BullMQ's", value: ratio(0.99), unit: '×', atMost: 0.6 },
      { what: "median, a bare list: to BullMQ's", value: ratio(0.5, bares), unit: '×' },
      { what: "99 of 100, a bare list: to BullMQ's", value: ratio(0.99, bares), unit: '×' },
      { what: 'median', value: of(ours, 0.5), unit: 'ms' },
      { what: 'median, BullMQ', value: of(bulls, 0.5), unit: 'ms' },
      { what: '99 of 100', value: of(ours, 0.99), unit: 'ms' },
      { what: '99 of 100, BullMQ', value: of(bulls, 0.99), unit: 'ms' },
    ],
  };
}

async function measureOurs(host: RedisHost, scale: Scale, count: number): Promise<readonly number[]> {
  const queue = await NestQueue.open(host, scale, { pool: 'async' });
  const workers = await queue.startWorkers();
  await queue.fill(500);
  await leftBelow(queue, 0);
  await Promise.all((await steadily(count, () => queue.calls.begin.delay())).map((result) => result.get()));
  const times = await startTimesOf(queue.calls.begin, count);
  await stopAll(workers);
  await queue.close();
  return times;
}

async function measureBull(host: RedisHost, scale: Scale, count: number): Promise<readonly number[]> {
  const queue = new BullQueue(host, scale, 10);
  const [worker] = await queue.startWorkers();
  await queue.fill(500);
  await leftBelow(queue, 0);
  const send = () => queue.queue.add('begin', { sentUs: nowUs() });
  await steadily(count, send);
  await leftBelow(queue, 0);
  await steadily(count, send);
  await leftBelow(queue, 0);
  const times = ((await worker?.ask<readonly number[]>('lateness')) ?? []).slice(-count);
  await stopAll(worker === undefined ? [] : [worker]);
  await queue.close();
  return times;
}

async function measureBare(host: RedisHost, scale: Scale, count: number): Promise<readonly number[]> {
  const list = new BareList(host, scale);
  const worker = await list.startWorker();
  await steadily(2 * count, () => list.send());
  await until(async () => (await worker.ask<readonly number[]>('lateness')).length === 2 * count, {
    withinMs: 10_000,
    what: 'All has come',
  });
  const times = (await worker.ask<readonly number[]>('lateness')).slice(-count);
  await stopAll([worker]);
  await list.close();
  return times;
}

async function stopAll(workers: readonly WorkerProcess[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.stop()));
}
