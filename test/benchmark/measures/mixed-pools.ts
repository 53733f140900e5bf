import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { TaskClient, type TasksOf } from 'nest-task-queue';
import { MixedTasks, mixedSenderModule } from '../../fixtures/apps/benchmark/mixed.tasks.js';
import { burn, nowUs } from '../../fixtures/apps/benchmark/work.js';
import { until } from '../../tools/until.js';
import { WorkerProcess } from '../../tools/worker-process.js';
import { benchmarkApp, type Scale } from '../bench.js';
import { percentile, type Figure, type Finding } from '../figure.js';
import { RedisHost } from '../redis/redis-host.js';
import { PER_SECOND, startTimesOf } from '../start-times.js';

const TASK_MS = 20;
const CHILDREN = 2;
/** More than the worker holds, so that the rest lies in the queue, before the tasks that are measured. */
const BACKLOG = 300;

interface Bench {
  readonly calls: TasksOf<MixedTasks>;
  readonly tasks: TaskClient;
  close(): Promise<void>;
}

/** What tasks that compute do to the start of async ones in the same worker. */
export async function mixedPools(scale: Scale): Promise<Finding> {
  const count = PER_SECOND * scale.of(5, 2);
  const rounds = scale.of(5, 2);
  const work = roundsOf(TASK_MS);
  const figures: Figure[] = [];
  for (const pool of ['threads', 'prefork'] as const) {
    const [alone, beside, bare]: number[][] = [[], [], []];
    await RedisHost.use(async (host) => {
      const bench = await open(scale, pool, host.url);
      await startTimesOf(bench.calls.begin, count);
      for (let round = 0; round < rounds; round += 1) {
        alone?.push(...(await startTimesOf(bench.calls.begin, count)));
        beside?.push(...(await besideTasks(bench, work, () => startTimesOf(bench.calls.begin, count))));
        bare?.push(...(await besideBare(() => startTimesOf(bench.calls.begin, count))));
      }
      await bench.close();
    });
    figures.push(...figuresOf(pool, alone ?? [], beside ?? [], bare ?? []));
  }
  return {
    title: 'Mixed pools',
    how:
      `${count} async tasks, ${PER_SECOND} a second, from the call of delay() to the first line of the body, over Redis, in a worker with the pools async 100 and threads (prefork) ${CHILDREN}: with nothing else to do, and ` +
      `while ${BACKLOG} tasks of ${TASK_MS} ms for the other pool wait before them in the same queue. Beside it, for what the system's scheduler does by itself: while ${CHILDREN} processes compute that have nothing to do with the worker. ` +
      `${rounds} interleaved rounds, taken together.`,
    figures,
  };
}

function figuresOf(
  pool: string,
  alone: readonly number[],
  beside: readonly number[],
  bare: readonly number[],
): readonly Figure[] {
  const rows = (what: string, times: readonly number[]): readonly Figure[] => [
    { what: `${what}: median`, value: percentile(times, 0.5), unit: 'ms' },
    { what: `${what}: 99 of 100`, value: percentile(times, 0.99), unit: 'ms' },
  ];
  return [
    ...rows(`${pool} idle`, alone),
    ...rows(`${pool} full`, beside),
    ...rows(`${pool} idle, other processes compute`, bare),
    {
      what: `${pool} full, to idle: 99 of 100 later by`,
      value: percentile(beside, 0.99) - percentile(alone, 0.99),
      unit: 'ms',
      atMost: 5,
    },
  ];
}

async function open(scale: Scale, pool: 'threads' | 'prefork', url: string): Promise<Bench> {
  const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-benchmark-'));
  const app = await NestFactory.createApplicationContext(mixedSenderModule(url), { logger: ['error', 'warn'] });
  const tasks = app.get(TaskClient);
  await tasks.connect();
  const worker = WorkerProcess.start({
    file: benchmarkApp('mixed-worker'),
    env: {
      TASK_QUEUE_BROKER_URL: url,
      TASK_QUEUE_POOLS: `async=100,${pool}=${CHILDREN}`,
      BURN_POOL: pool,
      NO_COLOR: '1',
    },
    execArgv: scale.execArgv,
    logFile: path.join(folder, 'worker.log'),
  });
  const calls = tasks.for(MixedTasks);
  const close = async (): Promise<void> => {
    await worker.stop();
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await (await calls.begin.delay()).get({ timeout: '60s' });
    return { calls, tasks, close };
  } catch (error) {
    console.error(worker.tail());
    await close();
    throw error;
  }
}

/** Keeps the other pool full, and its backlog as long as it was, while something is measured. */
async function besideTasks<T>({ calls, tasks }: Bench, work: number, body: () => Promise<T>): Promise<T> {
  const send = async (count: number): Promise<void> => {
    await tasks.sendMany(Array.from({ length: count }, () => calls.burn.s(work)));
  };
  await send(BACKLOG);
  await pause(500); // until the worker has seen how long they take
  const everyMs = 100;
  const timer = setInterval(() => void send(Math.round((CHILDREN * everyMs) / TASK_MS)), everyMs);
  try {
    return await body();
  } finally {
    clearInterval(timer);
    const isEmpty = async (): Promise<boolean> => {
      await tasks.queues.purge('celery');
      const { waiting, held, parked } = await tasks.queues.stats('celery');
      return waiting + held + parked === 0;
    };
    await until(isEmpty, { withinMs: 60_000, everyMs: 100, what: 'The queue is empty' });
  }
}

async function besideBare<T>(body: () => Promise<T>): Promise<T> {
  const burners = Array.from({ length: CHILDREN }, () => spawn(process.execPath, ['-e', 'for (;;);']));
  try {
    await pause(300);
    return await body();
  } finally {
    for (const burner of burners) burner.kill('SIGKILL');
  }
}

/** Rounds of `burn` that take so long here. */
function roundsOf(ms: number): number {
  burn(10_000_000); // compiled
  const startedUs = nowUs();
  burn(20_000_000);
  return Math.round((20_000_000 * ms * 1_000) / (nowUs() - startedUs));
}
