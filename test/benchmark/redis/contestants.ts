import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { TaskClient, type TasksOf } from 'nest-task-queue';
import { senderModule } from '../../fixtures/apps/benchmark/benchmark.module.js';
import { BenchmarkTasks } from '../../fixtures/apps/benchmark/benchmark.tasks.js';
import { nowUs } from '../../fixtures/apps/benchmark/work.js';
import { familyOf, threadMsOf } from '../../tools/proc.js';
import { debianCelery } from '../../tools/python-celery.js';
import { interopEnvironment } from '../../tools/python-script.js';
import { PythonWorker } from '../../tools/python-worker.js';
import { until } from '../../tools/until.js';
import { WorkerProcess } from '../../tools/worker-process.js';
import { benchmarkApp, payload, type PoolKind, type Scale } from '../bench.js';
import type { RedisHost } from './redis-host.js';

const CHUNK = 1_000;
const LONGEST_MS = 600_000;

/** A process that works on a queue, with all that it starts. */
export interface RunningWorker {
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<unknown>;
}

/** One way to send tasks that do nothing, with a payload of 100 bytes, and to have them worked off. */
export interface Contestant {
  readonly name: string;
  fill(count: number): Promise<void>;
  /** Waiting and held. */
  left(): Promise<number>;
  startWorkers(): Promise<readonly RunningWorker[]>;
  close(): Promise<void>;
}

export interface NestWorkers {
  readonly pool: PoolKind;
  /** @defaultValue that of the pool; 2 for pools with children */
  readonly concurrency?: number;
  /** @defaultValue 1 */
  readonly workers?: number;
  /** Whether events of tasks are sent. @defaultValue false */
  readonly tellsMonitors?: boolean;
  /** Obeys nobody, and tells nobody of itself. @defaultValue false */
  readonly isAlone?: boolean;
}

/** CPU time of processes with all that they have started. @unit microseconds */
export function cpuUsOf(workers: readonly RunningWorker[]): number {
  return workers.flatMap(({ pid }) => familyOf(pid)).reduce((sum, pid) => sum + threadMsOf(pid) * 1_000, 0);
}

/** Resolves when no more than that many are left. */
export async function leftBelow(contestant: Contestant, most: number, everyMs = 10): Promise<void> {
  const what = `${contestant.name} has done its tasks`;
  await until(async () => (await contestant.left()) <= most, { withinMs: LONGEST_MS, everyMs, what });
}

const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-benchmark-redis-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Starts one of the benchmark's programs. */
export function startProgram(name: string, env: Record<string, string>, scale: Scale): WorkerProcess {
  const logFile = path.join(folder, `${name}.log`);
  return WorkerProcess.start({
    file: benchmarkApp(name),
    env: { NO_COLOR: '1', ...env },
    execArgv: scale.execArgv,
    logFile,
  });
}

/** This library. */
export class NestQueue implements Contestant {
  private constructor(
    private readonly host: RedisHost,
    private readonly scale: Scale,
    private readonly kind: NestWorkers,
    readonly name: string,
    readonly tasks: TaskClient,
    readonly calls: TasksOf<BenchmarkTasks>,
    readonly close: () => Promise<void>,
  ) {}

  static async open(host: RedisHost, scale: Scale, kind: NestWorkers, name: string = kind.pool): Promise<NestQueue> {
    const app = await NestFactory.createApplicationContext(senderModule(host.url), { logger: ['error'] });
    const tasks = app.get(TaskClient);
    await tasks.connect();
    const close = host.beforeEnd(() => app.close());
    return new NestQueue(host, scale, kind, name, tasks, tasks.for(BenchmarkTasks), close);
  }

  async fill(count: number): Promise<void> {
    const { calls } = this;
    function* signatures() {
      for (let n = 0; n < count; n += 1) yield calls.nothing.s(payload);
    }
    await this.tasks.sendMany(signatures());
  }

  async left(): Promise<number> {
    const { client } = this.host;
    const counts = await Promise.all([client.llen('celery'), client.llen('ntq:head:celery'), client.hlen('unacked')]);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async startWorkers(): Promise<readonly WorkerProcess[]> {
    const { tellsMonitors = false, isAlone = false } = this.kind;
    const { pool, workers = 1, concurrency = pool === 'prefork' || pool === 'threads' ? 2 : undefined } = this.kind;
    const env = {
      TASK_QUEUE_BROKER_URL: this.host.url,
      TASK_QUEUE_POOL: pool,
      ...(concurrency !== undefined && { TASK_QUEUE_CONCURRENCY: String(concurrency) }),
      BENCHMARK_TASK_EVENTS: String(tellsMonitors),
      BENCHMARK_ALONE: String(isAlone),
      TASK_QUEUE_NAME: 'worker%p@%h',
    };
    const started = Array.from({ length: workers }, () => startProgram('worker', env, this.scale));
    const first = await this.calls.nothing.delay(payload);
    await first.get({ timeout: '60s' });
    await until(async () => (await this.host.client.zcard('ntq:workers')) === workers, {
      withinMs: 60_000,
      what: 'All workers are there',
    });
    return started;
  }
}

const BULL_QUEUE = 'benchmark';

/** BullMQ, with its defaults. */
export class BullQueue implements Contestant {
  readonly name: string;
  readonly queue: Queue;
  readonly close: () => Promise<void>;

  constructor(
    private readonly host: RedisHost,
    private readonly scale: Scale,
    private readonly concurrency = 1,
  ) {
    this.name = `BullMQ, concurrency ${concurrency}`;
    this.queue = new Queue(BULL_QUEUE, { connection: { host: '127.0.0.1', port: host.port } });
    this.close = host.beforeEnd(() => this.queue.close());
  }

  async fill(count: number): Promise<void> {
    for (let sent = 0; sent < count; sent += CHUNK) {
      const jobs = Array.from({ length: Math.min(CHUNK, count - sent) }, () => ({
        name: 'nothing',
        data: { payload },
      }));
      await this.queue.addBulk(jobs);
    }
  }

  async left(): Promise<number> {
    const { client } = this.host;
    const key = `bull:${BULL_QUEUE}`;
    const counts = await Promise.all([
      client.llen(`${key}:wait`),
      client.llen(`${key}:active`),
      client.zcard(`${key}:delayed`),
    ]);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async startWorkers(): Promise<readonly WorkerProcess[]> {
    const env = {
      BULLMQ_PORT: String(this.host.port),
      BULLMQ_QUEUE: BULL_QUEUE,
      BULLMQ_CONCURRENCY: String(this.concurrency),
    };
    const worker = startProgram('bullmq-worker', env, this.scale);
    await worker.ask('ready');
    return [worker];
  }
}

/** A list that one process writes to and another one waits for: the least that any queue over Redis can take. */
export class BareList {
  private readonly client: Redis;
  readonly close: () => Promise<void>;

  constructor(
    private readonly host: RedisHost,
    private readonly scale: Scale,
  ) {
    this.client = new Redis(host.url);
    this.close = host.beforeEnd(async () => this.client.disconnect());
  }

  async send(): Promise<void> {
    await this.client.lpush('bare', nowUs());
  }

  async startWorker(): Promise<WorkerProcess> {
    const worker = startProgram('bare-list', { BARE_PORT: String(this.host.port) }, this.scale);
    await worker.ask('ready');
    return worker;
  }
}

/** Debian's Celery with two processes, sent to by this library, whose messages it reads. */
export class CeleryQueue implements Contestant {
  readonly name = "Debian's Celery, prefork, 2 processes";

  constructor(
    private readonly host: RedisHost,
    private readonly sender: NestQueue,
  ) {}

  async fill(count: number): Promise<void> {
    const task = this.sender.tasks.remote('benchmark.nothing');
    await this.sender.tasks.sendMany(Array.from({ length: count }, () => task.s(payload)));
  }

  left(): Promise<number> {
    return this.sender.left();
  }

  async startWorkers(): Promise<readonly RunningWorker[]> {
    const { python } = await debianCelery();
    const env = interopEnvironment({ brokerUrl: this.host.url, resultUrl: this.host.url });
    const logFile = path.join(folder, 'celery.log');
    return [await PythonWorker.start({ python, env, logFile, pool: 'prefork', concurrency: 2, app: 'benchmark_app' })];
  }

  async close(): Promise<void> {}
}
