import type { Beat } from '../beat/index.js';
import type { Broker, LeaseKeeperData } from '../brokers/index.js';
import { PoolResizeError } from '../errors/index.js';
import { TaskSignals, type WorkerEvents } from '../events/index.js';
import type { TaskJob, TaskReply } from '../execution/index.js';
import { createBeat, type WorkerReport } from '../nest/index.js';
import type {
  PoolAlias,
  PoolName,
  RateLimit,
  ResolvedAutoscale,
  ResolvedWorkerOptions,
  TerminationSignal,
} from '../options/index.js';
import type { Pool } from '../pools/index.js';
import { Serialization } from '../serialization/index.js';
import { LogicalClock, type Clock } from '../time/index.js';
import {
  Worker,
  type AutoscaleBounds,
  type PoolUse,
  type ShutdownMode,
  type TaskTimeLimits,
  type WorkerLog,
} from '../worker/index.js';
import type { WorkerApplication } from './application.js';
import type { WorkerConnections } from './connections.js';
import type { HealthServer } from './health/health-server.js';
import { healthOf, type WorkerHealth } from './health/worker-health.js';
import type { ResolvedRunOptions } from './run-options.js';
import { openWorkerEvents } from './open-worker-events.js';
import { WorkerNeighbours } from './worker-neighbours.js';
import { StallGuard } from './stall-guard/stall-guard.js';
import { lanesOf, poolCalled, processesOf, watchInline } from './worker-pools.js';

export interface TaskWorkerParts {
  readonly run: ResolvedRunOptions;
  readonly options: ResolvedWorkerOptions;
  readonly report: WorkerReport;
  readonly connections: WorkerConnections;
  readonly pool: Pool<TaskJob, TaskReply>;
  /** Present where bodies run in this process. */
  readonly application: WorkerApplication | undefined;
  /** Where it tells how it is, if it does. */
  readonly health: HealthServer | undefined;
  readonly clock: Clock;
  readonly log: WorkerLog;
}

/**
 * A worker with all that belongs to it: connections, pool, scheduler, the guard of its event loop. Made, started, by
 * `TaskWorkerFactory.create`.
 */
export class TaskWorker {
  private readonly worker: Worker;
  private readonly beat: Beat | undefined;
  private guard: StallGuard | undefined;
  private readonly signals: TaskSignals;
  private readonly events: WorkerEvents | undefined;
  private readonly logicalClock = new LogicalClock();
  private readonly neighbours: WorkerNeighbours;
  private closing: Promise<void> | undefined;
  private tellEnd: () => void = () => undefined;
  /** Resolves when it has ended, whoever asked for it. */
  readonly ended = new Promise<void>((resolve) => (this.tellEnd = resolve));

  private constructor(private readonly parts: TaskWorkerParts) {
    const { application, connections, log } = parts;
    this.signals = application?.host.signals ?? new TaskSignals((error) => log.error(String(error)));
    const serialization = new Serialization(parts.report.options.serialization);
    this.events = openWorkerEvents({ ...parts, logicalClock: this.logicalClock }, () => this.worker.status);
    this.beat = openBeat(parts, connections.broker, serialization);
    this.worker = new Worker({
      broker: connections.broker,
      backend: connections.backend,
      pool: parts.pool,
      pools: lanesOf(parts.pool),
      processes: () => processesOf(parts.run.pool, parts.pool),
      autoscaler: parts.run.autoscaler,
      tasks: parts.report.tasks,
      decode: (message) => serialization.decode(message),
      maxMessageBytes: serialization.maxMessageBytes,
      options: parts.options,
      clock: parts.clock,
      log,
      signals: this.signals.forWorker(),
      events: this.events,
      watchWith:
        application === undefined
          ? undefined
          : (lease) => watchInline(this.openGuard(lease), parts.report.tasks, parts.run),
    });
    this.neighbours = this.openNeighbours();
  }

  /** Begins to consume. */
  static async start(parts: TaskWorkerParts): Promise<TaskWorker> {
    const worker = new TaskWorker(parts);
    await worker.neighbours.meet();
    await worker.worker.start();
    await worker.neighbours.join();
    parts.health?.attach(() => worker.health());
    worker.beat?.start();
    worker.events?.start();
    if (worker.beat !== undefined) worker.signals.beatInit.emit({ hostname: worker.name });
    worker.signals.workerReady.emit({ hostname: worker.name });
    return worker;
  }

  /** Node name. */
  get name(): string {
    return this.parts.options.name;
  }

  /** Where its queues are, such as `embedded:/app/.task-queue`; never holds a password. */
  get store(): string {
    return this.parts.connections.broker.store;
  }

  /** Tasks that run or are about to. */
  get activeCount(): number {
    return this.worker.activeCount;
  }

  /** How it is: up, and taking messages. */
  health(): WorkerHealth {
    return healthOf(this.worker.progress, this.activeCount, this.slots, this.pools);
  }

  /** Its pools where it has several, by name; else none. */
  get pools(): readonly PoolUse[] {
    return this.worker.insight.pools();
  }

  /** Tasks that it can run at once, now. */
  get slots(): number {
    return this.parts.pool.limit;
  }

  /**
   * Runs more at once: so many processes or threads, or with `async` slots, are added.
   * @param pool which of several; the first where none is named
   * @throws {PoolResizeError} on the pool `solo` or one that is autoscaled, while it stops, for no whole number of at least 1, or for a pool that it lacks
   */
  grow(count = 1, pool?: PoolName | PoolAlias): void {
    this.poolToResize(pool).grow(count);
  }

  /**
   * Runs fewer at once: those without a task go first; what runs in the others goes on to its end.
   * @throws {PoolResizeError} as `grow`, and when fewer than one would stay
   */
  shrink(count = 1, pool?: PoolName | PoolAlias): void {
    this.poolToResize(pool).shrink(count);
  }

  /**
   * Ends the worker, and then the application. `warm` lets running tasks finish and gives back what has not started; `cold`, also while a
   * warm one is under way, gives back everything. Safe to call twice.
   */
  async stop(mode: ShutdownMode = 'warm'): Promise<void> {
    if (this.closing === undefined) this.signals.workerShuttingDown.emit({ hostname: this.name });
    this.events?.announceEnd();
    const stopped = this.worker.stop(mode);
    this.closing ??= this.close(stopped).finally(() => this.tellEnd());
    await this.closing;
  }

  /**
   * Ends these tasks where they run here, and keeps them from being started; they are stored as revoked.
   * @returns the ids of those that were here, running or about to
   */
  terminate(taskIds: readonly string[], signal?: TerminationSignal): readonly string[] {
    return this.worker.controls.terminate(taskIds, signal);
  }

  /**
   * Aborts `ctx.signal` of these tasks where they run here, and keeps them from being started.
   * @returns the ids of those that were here, running or about to
   */
  cancel(taskIds: readonly string[]): readonly string[] {
    return this.worker.controls.cancel(taskIds);
  }

  /**
   * Limits of a task's running time for what begins from now on, where its message says nothing; one that is left out is none.
   * @returns `false` where the task is unknown
   * @throws {InvalidOptionError} for a limit that is none, and a soft one that is not below the hard one
   */
  setTimeLimits(task: string, limits: TaskTimeLimits): boolean {
    return this.worker.controls.setTimeLimits(task, limits);
  }

  /**
   * How many of a task may begin in a time, for what comes from now on; a limit without a scope keeps the one that the task has.
   * @param limit `undefined`, 0 or `''` for none
   * @returns `false` where the task is unknown
   * @throws {InvalidOptionError | UnknownOptionError} for a limit that cannot be used
   * @throws {UnsupportedByBrokerError} for one of the cluster, where the broker cannot count it
   */
  setRateLimit(task: string, limit: RateLimit | undefined): boolean {
    return this.worker.controls.setRateLimit(task, limit);
  }

  /**
   * Takes from this queue as well, which is made known to the broker.
   * @throws {InvalidOptionError} for what cannot be a queue's name; whatever the broker throws
   */
  addQueue(name: string): Promise<void> {
    return this.worker.controls.addQueue(name);
  }

  /** Takes no more from this queue, where it did; what it holds of it stays its own. */
  removeQueue(name: string): Promise<void> {
    return this.worker.controls.removeQueue(name);
  }

  /** Queues it takes from, now. */
  get queues(): readonly string[] {
    return this.worker.controls.queues;
  }

  /**
   * Other bounds for an autoscaled pool, which is brought within them at once. What is left out stays, but a `min` above a new `max` goes down with it.
   * @throws {PoolResizeError} where the pool is not autoscaled
   * @throws {InvalidOptionError} naming the one that cannot be used
   */
  setAutoscale(bounds: AutoscaleBounds): ResolvedAutoscale {
    const { pool, run } = this.parts;
    const changed = this.worker.controls.setAutoscale(bounds);
    if (changed !== undefined) return changed;
    const advice = 'start the worker with the option "autoscale".';
    throw new PoolResizeError(`The pool "${run.pool}" is not autoscaled: ${advice}`, run.pool, pool.size);
  }

  private poolToResize(name: string | undefined): Pool<TaskJob, TaskReply> {
    const { pool, run } = this.parts;
    const { autoscale } = this.worker.controls;
    if (autoscale === undefined) return poolCalled(pool, run.pool, name);
    const { min, max } = autoscale;
    throw new PoolResizeError(
      `The pool "${run.pool}" cannot be resized by hand: option "worker.autoscale" decides its size, from ${min} to ${max}.`,
      run.pool,
      pool.size,
    );
  }

  private openNeighbours(): WorkerNeighbours {
    const { parts, worker, events, logicalClock } = this;
    return new WorkerNeighbours({
      ...parts,
      worker,
      events,
      logicalClock,
      resize: (how, count, pool) => this[how](count, pool),
      shutdown: () => void this.stop('warm').catch((error: unknown) => parts.log.error(String(error))),
    });
  }

  private openGuard(keeper: LeaseKeeperData): StallGuard {
    const { stallWarningMs, stallTimeoutMs } = this.parts.options;
    void this.guard?.close(); // that of a consumer that was cut off
    this.guard = new StallGuard({
      keeper,
      backend: this.parts.connections.backend,
      stallWarningMs,
      stallTimeoutMs,
      log: this.parts.log,
    });
    return this.guard;
  }

  private async close(stopped: Promise<void>): Promise<void> {
    const { application, connections } = this.parts;
    await this.beat?.stop();
    await stopped;
    await this.neighbours.leave();
    await this.guard?.close();
    this.signals.workerShutdown.emit({ hostname: this.name });
    await this.events?.close();
    await connections.close();
    await application?.close();
    await this.parts.health?.close();
  }
}

function openBeat(
  { run, report, options, clock, log }: TaskWorkerParts,
  broker: Broker,
  serialization: Serialization,
): Beat | undefined {
  if (report.schedules.length === 0 || !(run.beat ?? report.options.beat.enabled)) return undefined;
  return createBeat({ report, broker, serialization, name: options.name, clock, log });
}
