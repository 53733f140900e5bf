import type { RateLimit, ResolvedAutoscale, TerminationSignal } from '../options/index.js';
import type { AutoscaleBounds, PoolScaler } from './autoscale/pool-scaler.js';
import type { ConsumedQueues } from './consumed-queues.js';
import type { KnownTasks, TaskTimeLimits } from './known-tasks.js';
import type { RateGate } from './rate-gate.js';
import type { Revocation } from './revocation.js';
import type { TaskTraits } from './task-traits.js';

export interface WorkerControlsParts {
  readonly revocation: Revocation;
  readonly tasks: KnownTasks;
  readonly queues: ConsumedQueues;
  readonly rateGate: RateGate;
  /** `undefined` where the pool keeps its size. */
  readonly scaler: PoolScaler | undefined;
}

/** What can be changed of a worker while it runs. */
export class WorkerControls {
  constructor(private readonly parts: WorkerControlsParts) {}

  /** Those it takes from, now. */
  get queues(): readonly string[] {
    return this.parts.queues.current;
  }

  /** The bounds of its pool, now; `undefined` where it is not autoscaled. */
  get autoscale(): ResolvedAutoscale | undefined {
    return this.parts.scaler?.bounds;
  }

  /** Those it runs, as it runs them now. */
  get tasks(): readonly TaskTraits[] {
    return this.parts.tasks.all();
  }

  /** Keeps tasks with one of these values of a stamp from being started. */
  revokeStamped(name: string, values: readonly unknown[]): void {
    this.parts.revocation.stamps.add(name, values);
  }

  /**
   * Ends the bodies of these tasks that run here, and keeps them from being started; they are stored as revoked.
   * @returns those that were here, running or about to
   */
  terminate(taskIds: readonly string[], signal: TerminationSignal = 'SIGTERM'): readonly string[] {
    return this.parts.revocation.terminate(taskIds, signal);
  }

  /**
   * Aborts `ctx.signal` of these tasks where they run here, and keeps them from being started.
   * @returns those that were here, running or about to
   */
  cancel(taskIds: readonly string[]): readonly string[] {
    return this.parts.revocation.cancel(taskIds);
  }

  /**
   * Limits of a task for what begins from now on, where its message says nothing; one that is left out is none.
   * @returns `false` where the task is unknown
   * @throws {InvalidOptionError} for a limit that is none, and a soft one that is not below the hard one
   */
  setTimeLimits(task: string, limits: TaskTimeLimits): boolean {
    return this.parts.tasks.setTimeLimits(task, limits);
  }

  /**
   * How many of a task may begin in a time, for what comes from now on; a limit without a scope keeps the one that the task has.
   * @param limit `undefined`, 0 or `''` for none
   * @returns `false` where the task is unknown
   * @throws {InvalidOptionError | UnknownOptionError} for a limit that cannot be used
   * @throws {UnsupportedByBrokerError} for one of the cluster, where the broker cannot count it
   */
  setRateLimit(task: string, limit: RateLimit | undefined): boolean {
    return this.parts.tasks.setRateLimit(task, limit, (resolved) => this.parts.rateGate.check(resolved));
  }

  /**
   * Takes from this queue as well, which is made known to the broker.
   * @throws {InvalidOptionError} for what cannot be a queue's name; whatever the broker throws
   */
  addQueue(name: string): Promise<void> {
    return this.parts.queues.add(name);
  }

  /** Takes no more from this queue, where it did; what it holds of it stays its own. */
  removeQueue(name: string): Promise<void> {
    return this.parts.queues.remove(name);
  }

  /**
   * Other bounds for its pool, which is brought within them at once. What is left out stays, but a `min` above a new `max` goes down with it.
   * @returns `undefined` where it is not autoscaled
   * @throws {InvalidOptionError} naming the one that cannot be used
   */
  setAutoscale(bounds: AutoscaleBounds): ResolvedAutoscale | undefined {
    return this.parts.scaler?.setBounds(bounds);
  }
}
