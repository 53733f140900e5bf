import { setTimeout as pause } from 'node:timers/promises';
import type { Scale } from '../bench.js';
import { median, percentile, type Finding } from '../figure.js';
import { BullQueue, cpuUsOf, leftBelow, NestQueue, type RunningWorker } from '../redis/contestants.js';
import { RedisHost } from '../redis/redis-host.js';

const WINDOW_MS = 2_000;

interface Delayed {
  readonly lateMs: readonly number[];
  /** Of a core, worker and Redis, while all wait. */
  readonly waitingShare: number;
}

/** Many tasks with an eta, over Redis. */
export async function redisDelayed(scale: Scale): Promise<Finding> {
  const count = scale.of(20_000, 4_000);
  const spreadMs = scale.of(10_000, 2_000);
  const leadMs = scale.of(9_000, 6_000);
  const rounds = scale.of(2, 1);
  const ours: Delayed[] = [];
  const bulls: Delayed[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await RedisHost.use(async (host) => {
      const plan = () => {
        const from = Date.now() + leadMs;
        return { from, dues: Array.from({ length: count }, (_, n) => Math.round(from + (spreadMs * n) / count)) };
      };
      ours.push(await measureOurs(host, scale, plan()));
      await host.clear();
      bulls.push(await measureBull(host, scale, plan()));
    });
  }
  const of = (all: readonly Delayed[], part: number): number =>
    median(all.map(({ lateMs }) => percentile(lateMs, part)));
  return {
    title: 'Lateness of many tasks with an eta, over Redis',
    how: `${count} tasks, due over ${spreadMs / 1_000} s from ${leadMs / 1_000} s after the first was sent, on one worker (ours: pool async; BullMQ: concurrency 50), by the time of day. While they wait: CPU of worker and Redis over ${WINDOW_MS / 1_000} s before the first is due. ${rounds} rounds, medians.`,
    figures: [
      { what: '99 of 100', value: of(ours, 0.99), unit: 'ms', atMost: 15 },
      { what: '99 of 100, BullMQ', value: of(bulls, 0.99), unit: 'ms' },
      { what: 'median', value: of(ours, 0.5), unit: 'ms' },
      { what: 'median, BullMQ', value: of(bulls, 0.5), unit: 'ms' },
      { what: 'earliest', value: Math.min(...ours.flatMap(({ lateMs }) => lateMs)), unit: 'ms', atLeast: 0 },
      {
        what: 'CPU while they wait',
        value: median(ours.map(({ waitingShare }) => waitingShare * 100)),
        unit: '% of a core',
        atMost: 1,
      },
      {
        what: 'CPU while they wait, BullMQ',
        value: median(bulls.map(({ waitingShare }) => waitingShare * 100)),
        unit: '% of a core',
      },
    ],
  };
}

interface Plan {
  readonly from: number;
  readonly dues: readonly number[];
}

async function measureOurs(host: RedisHost, scale: Scale, { from, dues }: Plan): Promise<Delayed> {
  const queue = await NestQueue.open(host, scale, { pool: 'async' });
  const workers = await queue.startWorkers();
  const signatures = dues.map((due) => queue.calls.due.s().set({ eta: new Date(due) }));
  const { results } = await queue.tasks.sendMany(signatures, { batchSize: 1_000 });
  const waitingShare = await shareBefore(from, host, workers);
  const begins = await Promise.all(results.map((result) => result.get({ timeout: '2m' })));
  await Promise.all(workers.map((worker) => worker.stop()));
  await queue.close();
  return { lateMs: begins.map((begin, at) => begin - (dues[at] ?? 0)), waitingShare };
}

async function measureBull(host: RedisHost, scale: Scale, { from, dues }: Plan): Promise<Delayed> {
  const queue = new BullQueue(host, scale, 50);
  const workers = await queue.startWorkers();
  for (let at = 0; at < dues.length; at += 1_000) {
    const now = Date.now();
    const jobs = dues
      .slice(at, at + 1_000)
      .map((dueMs) => ({ name: 'due', data: { dueMs }, opts: { delay: dueMs - now } }));
    await queue.queue.addBulk(jobs);
  }
  const waitingShare = await shareBefore(from, host, workers);
  await leftBelow(queue, 0, 100);
  const lateMs = (await workers[0]?.ask<readonly number[]>('lateness')) ?? [];
  await Promise.all(workers.map((worker) => worker.stop()));
  await queue.close();
  return { lateMs, waitingShare };
}

/** CPU time of worker and Redis shortly before that time, as a share of it. */
async function shareBefore(from: number, host: RedisHost, workers: readonly RunningWorker[]): Promise<number> {
  await pause(Math.max(0, from - Date.now() - WINDOW_MS - 200));
  const used = (): number => cpuUsOf(workers) + host.cpuUs();
  const before = used();
  const startedAt = performance.now();
  await pause(WINDOW_MS);
  return (used() - before) / ((performance.now() - startedAt) * 1_000);
}
