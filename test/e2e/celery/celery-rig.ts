import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { TaskClient, TaskControl, TaskEvents, type TaskQueueModuleOptions, type WorkerOptions } from 'nest-task-queue';
import { celeryModule } from '../../fixtures/apps/celery/celery.module.js';
import { fixtureApp, taskQueueCommand } from '../../tools/programs.js';
import { PythonDriver } from '../../tools/python-driver.js';
import { PythonProgram } from '../../tools/python-program.js';
import { interopEnvironment, type InteropSettings } from '../../tools/python-script.js';
import { PythonMonitor } from '../../tools/python-monitor.js';
import { PythonWorker } from '../../tools/python-worker.js';
import { RedisServer } from '../../tools/redis-server.js';
import { until } from '../../tools/until.js';
import { WorkerProcess } from '../../tools/worker-process.js';

/** A line that a task has written to a file. */
export type Line = Readonly<Record<string, unknown>>;

export interface CeleryRigOptions {
  /** As `describeWithServer('celery', …)` gives it. */
  readonly python: string;
  /** Of the Nest application, beside its broker. */
  readonly nest?: TaskQueueModuleOptions;
  /** Of the Python application, beside broker and results. */
  readonly celery?: Partial<InteropSettings>;
}

/**
 * One Redis of its own, and on it a Python and a Nest application, each of which sends. Workers are started by whoever needs them: by
 * default Python's takes from `celery`, Nest's from `nest`.
 */
export class CeleryRig {
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'ntq-celery-'));

  private constructor(
    private readonly options: CeleryRigOptions,
    private readonly server: RedisServer,
    /** Sends and reads as a Nest application. */
    readonly nest: TaskClient,
    /** Commands workers as a Nest application. */
    readonly control: TaskControl,
    /** Hears as a Nest application. */
    readonly events: TaskEvents,
    /** Sends and reads as a Python application. */
    readonly python: PythonDriver,
    /** Looks into the Redis. */
    readonly redis: Redis,
  ) {}

  static async open(options: CeleryRigOptions): Promise<CeleryRig> {
    const server = await RedisServer.start();
    const application = await openApplication(server.url, options.nest);
    const python = PythonDriver.open(options.python, settingsOf(server.url, options));
    const redis = new Redis(server.url);
    const rig = new CeleryRig(
      options,
      server,
      application.get(TaskClient),
      application.get(TaskControl),
      application.get(TaskEvents),
      python,
      redis,
    );
    rig.#ends.push(
      () => application.close(),
      () => python.close(),
      () => redis.quit(),
    );
    return rig;
  }

  /** Resolves when the worker is ready. */
  async startPython(queues: readonly string[] = [], args: readonly string[] = []): Promise<PythonWorker> {
    const env = interopEnvironment(settingsOf(this.server.url, this.options));
    const { python } = this.options;
    const worker = await PythonWorker.start({ python, env, queues, args, logFile: this.file('python.log') });
    this.#ends.unshift(() => worker.stop());
    return worker;
  }

  /** Resolves when the worker is ready. */
  async startNest(
    queues: readonly string[] = ['nest'],
    pool = 'async',
    worker: WorkerOptions = {},
  ): Promise<WorkerProcess> {
    const options: TaskQueueModuleOptions = {
      ...nestOptionsOf(this.server.url, this.options.nest),
      worker: { queues, ...worker },
    };
    const process = WorkerProcess.start({
      file: fixtureApp('celery/worker'),
      env: {
        NEST_OPTIONS: JSON.stringify(options),
        TASK_QUEUE_POOL: pool,
        ...(pool !== 'solo' && { TASK_QUEUE_CONCURRENCY: '2' }),
        NO_COLOR: '1',
      },
      logFile: this.file('nest.log'),
    });
    this.#ends.unshift(() => process.stop());
    await until(() => process.isOver || process.tail(200).includes(' is ready: '), {
      withinMs: 30_000,
      what: 'A Nest worker is ready',
      detail: () => process.tail(),
    });
    if (process.isOver) throw new Error(`The Nest worker ended instead of starting.\n${process.tail()}`);
    return process;
  }

  /** Listens to events as Flower does. */
  async openMonitor(): Promise<PythonMonitor> {
    const monitor = await PythonMonitor.open(this.options.python, settingsOf(this.server.url, this.options));
    this.#ends.unshift(() => monitor.close());
    return monitor;
  }

  /** Runs something of Python's until the rig is closed, such as `['-m', 'celery', '-A', 'interop_app', 'events', '--dump']`. */
  startProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): PythonProgram {
    const settings = interopEnvironment(settingsOf(this.server.url, this.options));
    const program = PythonProgram.start(this.options.python, args, { ...settings, ...env });
    this.#ends.unshift(() => program.stop());
    return program;
  }

  /** Runs `task-queue …` until the rig is closed. */
  startNestCommand(args: readonly string[]): WorkerProcess {
    const process = WorkerProcess.start({ file: taskQueueCommand, args, logFile: this.file('command.log') });
    this.#ends.unshift(() => process.stop());
    return process;
  }

  /** Where the broker is. */
  get url(): string {
    return this.server.url;
  }

  /** Another Nest client of this Redis, closed with the rig. */
  async openNest(options: TaskQueueModuleOptions): Promise<TaskClient> {
    const application = await openApplication(this.server.url, options);
    this.#ends.unshift(() => application.close());
    return application.get(TaskClient);
  }

  /** Path of a file that goes with the rig. */
  file(name: string): string {
    return path.join(this.#folder, name);
  }

  /** Makes such a file, which ends the tasks that wait for it. */
  write(name: string): void {
    writeFileSync(this.file(name), '');
  }

  /** What tasks have written to a file, once it is that many lines. */
  lines(name: string, count: number): Promise<readonly Line[]> {
    const file = this.file(name);
    const read = (): readonly Line[] =>
      existsSync(file)
        ? readFileSync(file, 'utf8')
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line) as Line)
        : [];
    return until(() => read().length >= count && read(), {
      withinMs: 15_000,
      what: `${count} lines in ${name}`,
      detail: () => JSON.stringify(read()),
    });
  }

  /** A stored result, as it stands in Redis. */
  async stored(id: string, prefix = ''): Promise<Record<string, unknown> | undefined> {
    const text = await this.redis.get(`${prefix}celery-task-meta-${id}`);
    return text === null ? undefined : (JSON.parse(text) as Record<string, unknown>);
  }

  /** Envelopes of a list, the next one to be consumed first. */
  async envelopes(list: string): Promise<readonly Envelope[]> {
    const items = await this.redis.lrange(list, 0, -1);
    return items.toReversed().map((item) => JSON.parse(item) as Envelope);
  }

  /** Ends all of it; workers first. */
  async close(): Promise<void> {
    for (const end of this.#ends) await end();
    await this.server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export interface Envelope {
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

function openApplication(url: string, options: TaskQueueModuleOptions = {}): Promise<INestApplicationContext> {
  const module = celeryModule(nestOptionsOf(url, options));
  return NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
}

function nestOptionsOf(url: string, options: TaskQueueModuleOptions = {}): TaskQueueModuleOptions {
  const broker = typeof options.broker === 'object' ? options.broker : {};
  return { ...options, broker: { url, ...broker } };
}

function settingsOf(url: string, { celery }: CeleryRigOptions): InteropSettings {
  return { brokerUrl: url, resultUrl: url, ...celery };
}
