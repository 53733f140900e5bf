import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { TaskControl } from 'nest-task-queue';
import { senderModule } from '../../fixtures/apps/benchmark/benchmark.module.js';
import { until } from '../../tools/until.js';
import type { Scale } from '../bench.js';
import { median, percentile, type Figure, type Finding } from '../figure.js';
import { NestQueue, type NestWorkers } from '../redis/contestants.js';
import { callsBetween, RedisHost } from '../redis/redis-host.js';
import { drainOnce, type Drained } from './redis-drain.js';

const WORKERS = 10;
const ALONE: NestWorkers = { pool: 'async', isAlone: true };
const TOGETHER: NestWorkers = { pool: 'async' };

/** How long commands take, and what it costs to obey them and to tell of oneself. */
export async function control(scale: Scale): Promise<Finding> {
  const calls = scale.of(500, 100);
  const [count, rounds] = [scale.of(30_000, 8_000), scale.of(5, 3)];
  const windowMs = scale.of(30_000, 10_000);
  return RedisHost.use(async (host) => ({
    title: 'Remote control',
    how: `${WORKERS} async workers, each a process, asked ${calls} times in turn for a "ping", until all have replied. Then one worker, as it is and with control, gossip, mingle and heartbeats off: idle for ${windowMs / 1_000} s, and with ${count} tasks that do nothing, ${rounds} rounds in turn, medians; the ratio within each round.`,
    figures: [
      ...(await roundTrips(host, scale, calls)),
      ...(await idleCommands(host, scale, windowMs)),
      ...(await costOfTasks(host, scale, count, rounds)),
    ],
  }));
}

async function roundTrips(host: RedisHost, scale: Scale, calls: number): Promise<readonly Figure[]> {
  const queue = await NestQueue.open(host, scale, { pool: 'async', workers: WORKERS });
  const workers = await queue.startWorkers();
  const app = await NestFactory.createApplicationContext(senderModule(host.url), { logger: ['error'] });
  const { inspect } = app.get(TaskControl);
  const ping = async (): Promise<number> => (await inspect.ping({ timeout: '5s', limit: WORKERS })).replies.size;
  await until(async () => (await ping()) === WORKERS, { withinMs: 30_000, what: 'All workers reply' });
  const tookMs: number[] = [];
  for (let call = 0; call < calls; call += 1) {
    const began = performance.now();
    if ((await ping()) < WORKERS) throw new Error('Not all workers have replied within 5 s.');
    tookMs.push(performance.now() - began);
  }
  await app.close();
  await queue.close();
  await Promise.all(workers.map((worker) => worker.stop()));
  return [
    { what: `ping of ${WORKERS} workers, median`, value: median(tookMs), unit: 'ms', atMost: 100 },
    { what: `ping of ${WORKERS} workers, 99 of 100 below`, value: percentile(tookMs, 0.99), unit: 'ms', atMost: 100 },
  ];
}

async function idleCommands(host: RedisHost, scale: Scale, windowMs: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const kind of [ALONE, TOGETHER]) {
    await host.clear();
    const queue = await NestQueue.open(host, scale, kind);
    const workers = await queue.startWorkers();
    await pause(3_000); // what it does at its start is over
    const before = await host.work();
    await pause(windowMs);
    const perSecond = ((callsBetween(before, await host.work()) - 1) * 1_000) / windowMs; // but the one that counts
    figures.push({ what: `${nameOf(kind)}, idle: commands, those in scripts included`, value: perSecond, unit: '/s' });
    await Promise.all(workers.map((worker) => worker.stop()));
    await queue.close();
  }
  return figures;
}

async function costOfTasks(host: RedisHost, scale: Scale, count: number, rounds: number): Promise<readonly Figure[]> {
  const found = new Map<NestWorkers, Drained[]>([
    [ALONE, []],
    [TOGETHER, []],
  ]);
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of round % 2 === 0 ? [ALONE, TOGETHER] : [TOGETHER, ALONE]) {
      const queue = await NestQueue.open(host, scale, kind);
      found.get(kind)?.push(await drainOnce(host, queue, count));
      await queue.close();
    }
  }
  const cpuOf = (kind: NestWorkers): readonly number[] => (found.get(kind) ?? []).map(({ workerUs }) => workerUs);
  const ratios = cpuOf(TOGETHER).map((us, round) => us / (cpuOf(ALONE)[round] ?? NaN));
  return [
    { what: `${nameOf(ALONE)}: CPU of the worker`, value: median(cpuOf(ALONE)), unit: 'µs/task' },
    { what: `${nameOf(TOGETHER)}: CPU of the worker`, value: median(cpuOf(TOGETHER)), unit: 'µs/task' },
    { what: 'CPU with them on, to that with them off', value: median(ratios), unit: '×', atMost: 1.05 },
  ];
}

function nameOf({ isAlone = false }: NestWorkers): string {
  return `control and events of the worker ${isAlone ? 'off' : 'on'}`;
}
