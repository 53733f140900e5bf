import { Logger } from '@nestjs/common';
import { hostname } from 'node:os';
import type { ResultBackend } from '../backends/index.js';
import type { Beat } from '../beat/index.js';
import type { Broker } from '../brokers/index.js';
import type { TaskJob, TaskReply } from '../execution/index.js';
import { createBeat, type TaskQueueHost, type WorkerReport } from '../nest/index.js';
import { resolveWorkerOptions, type ResolvedWorkerOptions } from '../options/index.js';
import { AsyncPool, type JobRunner } from '../pools/index.js';
import type { VirtualClock } from '../time/index.js';
import { Worker } from '../worker/index.js';
import type { ResolvedTestingOptions } from './testing-options.js';

export interface InstanceWorkerParts {
  readonly host: TaskQueueHost;
  readonly clock: VirtualClock;
  readonly options: ResolvedTestingOptions;
}

/** Runs the tasks of one instance in this process: a real worker, with a real pool, on the test's clock. */
export class InstanceWorker {
  readonly #running = new Map<string, string>();
  readonly #clock: VirtualClock;
  readonly #options: ResolvedWorkerOptions;
  readonly #broker: Broker;
  readonly #backend: ResultBackend | undefined;
  readonly #worker: Worker;
  readonly #beat: Beat | undefined;

  private constructor(parts: InstanceWorkerParts, broker: Broker, backend: ResultBackend | undefined) {
    const { host, clock, options } = parts;
    const log = new Logger('TaskWorker');
    const report = host.workerReport();
    const resolved = resolveOptions(host, report, options);
    const tracer = host.createTracer({ hostname: resolved.name, backend, log, random: options.random });
    this.#clock = clock;
    this.#options = resolved;
    this.#broker = broker;
    this.#backend = backend;
    const pool = new AsyncPool<TaskJob, TaskReply>({
      runner: this.#watched(tracer, options.holdTasks),
      clock,
      limit: resolved.concurrency,
    });
    this.#worker = new Worker({
      broker,
      backend,
      pool,
      processes: () => 1,
      tasks: report.tasks,
      decode: (message) => host.serialization.decode(message),
      maxMessageBytes: host.serialization.maxMessageBytes,
      options: resolved,
      clock,
      log,
      signals: host.signals.forWorker(),
    });
    const isBeating = options.beat ?? report.options.beat.enabled;
    this.#beat = isBeating
      ? createBeat({ report, broker, serialization: host.serialization, name: resolved.name, clock, log })
      : undefined;
    void pool.start();
  }

  static async start(parts: InstanceWorkerParts): Promise<InstanceWorker> {
    const broker = parts.host.createBroker();
    const backend = parts.host.createResultBackend();
    await broker.connect();
    await backend?.connect();
    const worker = new InstanceWorker(parts, broker, backend);
    await worker.#worker.start();
    worker.#beat?.start();
    return worker;
  }

  get queues(): readonly string[] {
    return this.#options.queues;
  }

  /** The bodies that run right now, as `task[id]`. */
  get running(): readonly string[] {
    return [...this.#running].map(([id, task]) => `${task}[${id}]`);
  }

  /** Lets running bodies end, as far as they can while time stands still, and gives up on the others. */
  async close(): Promise<void> {
    await this.#beat?.stop();
    const warm = this.#worker.stop('warm');
    await this.#clock.settle().catch(() => undefined); // what never settles is given up on
    await this.#worker.stop('cold');
    await warm;
    await this.#broker.close();
    await this.#backend?.close();
  }

  #watched(runner: JobRunner<TaskJob, TaskReply>, holdsTime: boolean): JobRunner<TaskJob, TaskReply> {
    return {
      run: async (job, control) => {
        const { id, task } = job.message.headers;
        this.#running.set(String(id), String(task));
        try {
          const run = runner.run(job, control);
          return await (holdsTime && run instanceof Promise ? this.#clock.hold(run) : run);
        } finally {
          this.#running.delete(String(id));
        }
      },
    };
  }
}

/** The module's own, under those of the test; and all queues that the application names. */
function resolveOptions(
  { registry }: TaskQueueHost,
  report: WorkerReport,
  { worker = {} }: ResolvedTestingOptions,
): ResolvedWorkerOptions {
  const { defaultQueue } = report.options.tasks;
  const queues = [
    defaultQueue,
    ...(report.options.worker.queues ?? []),
    ...registry.names().flatMap((name) => registry.get(name)?.options.queue ?? []),
    ...report.schedules.flatMap(({ request }) => request.queue ?? []),
  ];
  const given = Object.entries(worker).filter(([, value]) => value !== undefined);
  return resolveWorkerOptions(
    { ...report.options.worker, queues, ...Object.fromEntries(given) },
    { pool: 'async', cores: 1, host: hostname(), pid: process.pid, defaultQueue },
  );
}
