import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TaskClient, type AsyncResult, type CompleteSignature, type TasksOf } from 'nest-task-queue';
import { senderModule } from '../fixtures/apps/benchmark/benchmark.module.js';
import { BenchmarkTasks } from '../fixtures/apps/benchmark/benchmark.tasks.js';
import { cpuMsOf, familyOf, hasProc, isStopped } from '../tools/proc.js';
import { StoreView } from '../tools/store-view.js';
import { until } from '../tools/until.js';
import { WorkerProcess } from '../tools/worker-process.js';

export type PoolKind = 'prefork' | 'threads' | 'async' | 'solo';
export const poolKinds: readonly PoolKind[] = ['prefork', 'threads', 'async', 'solo'];

/** How much is measured. */
export interface Scale {
  readonly isQuick: boolean;
  /** Flags of Node for workers, such as `--cpu-prof`. */
  readonly execArgv: readonly string[];
  /** As many of something as belong to the size of this run. */
  of(full: number, quick: number): number;
}

export interface BenchOptions {
  readonly scale: Scale;
  /** None: nothing but a store and a sender. */
  readonly pool?: PoolKind;
  /** @defaultValue 2 for pools with children, theirs for the others */
  readonly concurrency?: number;
  /** Tasks after which its children are replaced. @defaultValue none */
  readonly recycleEvery?: number;
}

/** The payload that a task carries: 100 bytes. */
export const payload = 'x'.repeat(100);

const CHUNK = 1_000;
const LONGEST_MS = 300_000;

const folders = new Set<string>();
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A store of its own with a sender in this process and, where asked for, a worker. */
export class Bench {
  private constructor(
    readonly tasks: TaskClient,
    readonly calls: TasksOf<BenchmarkTasks>,
    readonly worker: WorkerProcess | undefined,
    private readonly view: StoreView,
    private readonly app: INestApplicationContext,
    private readonly folder: string,
  ) {}

  static async open(options: BenchOptions): Promise<Bench> {
    const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-benchmark-'));
    folders.add(folder);
    const store = path.join(folder, 'store');
    const app = await NestFactory.createApplicationContext(senderModule(`embedded:${store}`), {
      logger: ['error', 'warn'],
      abortOnError: false,
    });
    const tasks = app.get(TaskClient);
    await tasks.connect(); // so that the store is there
    const worker = options.pool === undefined ? undefined : startWorker(options, options.pool, folder);
    const calls = tasks.for(BenchmarkTasks);
    const bench = new Bench(tasks, calls, worker, await StoreView.open(store), app, folder);
    if (worker !== undefined) await bench.awaitWorker(worker);
    return bench;
  }

  /** Opens one, uses it, closes it. */
  static async use<T>(options: BenchOptions, body: (bench: Bench) => Promise<T>): Promise<T> {
    const bench = await Bench.open(options);
    try {
      return await body(bench);
    } finally {
      await bench.close();
    }
  }

  /** The worker's processes. */
  pids(): readonly number[] {
    return this.worker === undefined ? [] : familyOf(this.worker.pid);
  }

  /** CPU time that the worker's processes have used. */
  cpuMs(): number | undefined {
    return hasProc ? this.pids().reduce((sum, pid) => sum + cpuMsOf(pid), 0) : undefined;
  }

  /** Sends that many, in batches; without a word of which ones, tasks that do nothing. */
  async send(count: number, sign: () => CompleteSignature = () => this.calls.nothing.s(payload)): Promise<void> {
    for (let sent = 0; sent < count; sent += CHUNK) {
      await this.tasks.sendMany(Array.from({ length: Math.min(CHUNK, count - sent) }, sign), { batchSize: CHUNK });
    }
  }

  /**
   * Resolves when the store has no message left.
   * @param everyMs how often it is looked; a look costs this process some tenths of a millisecond
   */
  async drained(everyMs = 20): Promise<void> {
    await this.backlogBelow(0, everyMs);
  }

  /** Resolves when no more than that many messages are left. */
  async backlogBelow(most: number, everyMs = 20): Promise<void> {
    await until(() => this.view.countMessages() <= most, { withinMs: LONGEST_MS, everyMs, what: 'Tasks are done' });
  }

  /** Lets the worker stand still while the queue is filled; what it does afterwards is all there is to measure. */
  async whileStopped<T>(fill: () => Promise<T>): Promise<T> {
    const { worker } = this;
    if (worker === undefined) throw new Error('There is no worker.');
    worker.signal('SIGSTOP');
    await until(() => isStopped(worker.pid), { withinMs: 5_000, everyMs: 1, what: 'The worker stands still' });
    try {
      return await fill();
    } finally {
      worker.signal('SIGCONT');
    }
  }

  /** Runs enough for compilers and look-ahead to have settled. */
  async warmUp(count: number, sign?: () => CompleteSignature): Promise<void> {
    await this.send(count, sign);
    await this.drained();
  }

  async close(): Promise<void> {
    await this.worker?.stop();
    await this.app.close();
    this.view.close();
    rmSync(this.folder, { recursive: true, force: true });
    folders.delete(this.folder);
  }

  private async awaitWorker(worker: WorkerProcess): Promise<void> {
    const first: AsyncResult<unknown> = await this.calls.nothing.delay(payload);
    await Promise.race([
      first.get({ timeout: '60s' }),
      worker.ended.then(() => Promise.reject(new Error(`The worker ended while it booted.\n${worker.tail()}`))),
    ]);
  }
}

function startWorker(
  { scale, concurrency, recycleEvery }: BenchOptions,
  pool: PoolKind,
  folder: string,
): WorkerProcess {
  const slots = concurrency ?? (pool === 'prefork' || pool === 'threads' ? 2 : undefined);
  return WorkerProcess.start({
    file: benchmarkApp('worker'),
    env: {
      TASK_QUEUE_BROKER_URL: `embedded:${path.join(folder, 'store')}`,
      TASK_QUEUE_POOL: pool,
      ...(slots === undefined ? {} : { TASK_QUEUE_CONCURRENCY: String(slots) }),
      ...(recycleEvery === undefined ? {} : { RECYCLE_EVERY: String(recycleEvery) }),
      NO_COLOR: '1',
    },
    execArgv: scale.execArgv,
    logFile: path.join(folder, 'worker.log'),
  });
}

/** A compiled program of the benchmark's app. */
export function benchmarkApp(name: string): string {
  return fileURLToPath(new URL(`../fixtures/apps/benchmark/${name}.js`, import.meta.url));
}
