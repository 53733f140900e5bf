import type { Broker } from '../brokers/index.js';
import type { ResultBackend } from '../backends/index.js';
import type {
  BrokerFacts,
  ControlledNode,
  EventControls,
  PoolFacts,
  PoolPartFacts,
  ScaleBounds,
  Setting,
  TaskFacts,
  TaskInHand,
  TaskToCome,
} from '../control/index.js';
import { TaskRevokedError } from '../errors/index.js';
import type { Gossip, WorkerEvents } from '../events/index.js';
import type { TaskJob, TaskReply } from '../execution/index.js';
import type { WorkerReport } from '../nest/index.js';
import type {
  PoolAlias,
  PoolName,
  PoolSurroundings,
  ResolvedWorkerOptions,
  TerminationSignal,
} from '../options/index.js';
import { MixedPool, type Pool } from '../pools/index.js';
import { readHead, SOFTWARE } from '../protocol/index.js';
import type { Serialization } from '../serialization/index.js';
import type { Clock, LogicalClock } from '../time/index.js';
import { failureRecord, type PoolUse, type TaskTimeLimits, type Worker, type WorkerLog } from '../worker/index.js';
import { brokerFacts, settingsOf } from './worker-settings.js';

export interface WorkerNodeParts {
  readonly worker: Worker;
  readonly pools: PoolSurroundings;
  readonly pool: Pool<TaskJob, TaskReply>;
  readonly broker: Broker;
  readonly backend: ResultBackend | undefined;
  /** `undefined` where its broker cannot reach those who listen. */
  readonly events: WorkerEvents | undefined;
  readonly gossip: Gossip | undefined;
  readonly options: ResolvedWorkerOptions;
  readonly report: WorkerReport;
  readonly serialization: Serialization;
  readonly logicalClock: LogicalClock;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly resize: (how: 'grow' | 'shrink', count: number, pool: PoolName | PoolAlias | undefined) => void;
  readonly shutdown: () => void;
}

/** For how long a revocation by command is kept, as one by a client. */
const REVOKED_FOR_MS = 86_400_000;
/** Tasks of one queue whose time has not come, of which a command tells. */
const MOST_TO_COME = 1_000;
/** States in which a task can still be kept from running. @source celery/worker/control.py `_revoke` */
const UNSETTLED: readonly string[] = ['PENDING', 'RECEIVED', 'RETRY', 'REJECTED'];

/** A worker as commands see it. */
export class WorkerNode implements ControlledNode {
  readonly pid = process.pid;
  private readonly startedMs: number;

  constructor(private readonly parts: WorkerNodeParts) {
    this.startedMs = parts.clock.monotonic();
  }

  get hostname(): string {
    return this.parts.options.name;
  }

  get events(): EventControls | undefined {
    return this.parts.events;
  }

  election(id: string, topic: string, action: unknown): void {
    this.parts.gossip?.hold(id, topic, action);
  }

  uptimeMs(): number {
    return this.parts.clock.monotonic() - this.startedMs;
  }

  clock(): number {
    return this.parts.logicalClock.value;
  }

  forwardClock(): number {
    return this.parts.logicalClock.forward();
  }

  inHand(): readonly TaskInHand[] {
    return this.parts.worker.insight.inHand();
  }

  /** They rest in the broker, so that every worker of their queue tells of them. */
  async toCome(): Promise<readonly TaskToCome[]> {
    const { broker, serialization, worker } = this.parts;
    const parked = await Promise.all(
      this.queues().map((queue) => broker.queues?.parked(queue, MOST_TO_COME) ?? Promise.resolve([])),
    );
    return parked.flat().flatMap(({ dueMs, message }) => {
      try {
        const head = readHead(message, () => serialization.decode(message));
        return [{ head, etaMs: dueMs, call: () => worker.insight.callOf(message) }];
      } catch {
        return []; // whoever takes it finds out what is wrong with it
      }
    });
  }

  counts(): ReadonlyMap<string, number> {
    return this.parts.worker.insight.counts();
  }

  tasks(): readonly TaskFacts[] {
    return this.parts.worker.controls.tasks.map((task) => ({
      name: task.name,
      attributes: {
        name: task.name,
        acks_late: task.acksLate,
        acks_on_failure_or_timeout: task.acksOnFailure,
        ignore_result: task.ignoreResult,
        store_errors_even_if_ignored: task.storeErrorsEvenIfIgnored,
        time_limit: task.timeLimitMs === undefined ? undefined : task.timeLimitMs / 1_000,
        rate_limit: task.rateLimit?.text,
        pool: task.pool,
        serializer: 'json',
      },
    }));
  }

  queues(): readonly string[] {
    return this.parts.worker.controls.queues;
  }

  settings(): readonly Setting[] {
    return settingsOf(this.parts.report.options, this.parts.options);
  }

  broker(): BrokerFacts {
    return brokerFacts(this.parts.report.options.broker.url);
  }

  pool(): PoolFacts {
    const { pool, pools, options, worker } = this.parts;
    const parts = partsOf(pool, worker.insight.pools());
    return {
      implementation: implementationOf(pools.pools === undefined ? pools.pool : 'mixed'),
      limit: pool.limit,
      pids: pool.pids?.() ?? [process.pid],
      maxTasksPerChild: options.maxTasksPerChild,
      ...(parts.length > 0 && { parts }),
    };
  }

  prefetchCount(): number {
    return this.parts.worker.prefetchCount;
  }

  versions(): Readonly<Record<string, string>> {
    return { [SOFTWARE.software]: SOFTWARE.softwareVersion, node: process.versions.node };
  }

  revoked(): readonly string[] {
    return this.parts.worker.insight.revoked();
  }

  async revoke(taskIds: readonly string[]): Promise<void> {
    if (taskIds.length === 0) return;
    const { broker, worker } = this.parts;
    worker.insight.learnRevoked(taskIds);
    await broker.revocations?.revoke(taskIds, REVOKED_FOR_MS);
    await this.storeRevoked(taskIds);
  }

  learnRevoked(taskIds: readonly string[]): void {
    this.parts.worker.insight.learnRevoked(taskIds);
  }

  revokeStamped(name: string, values: readonly unknown[]): void {
    this.parts.worker.controls.revokeStamped(name, values);
  }

  terminate(taskIds: readonly string[], signal: TerminationSignal): readonly string[] {
    return this.parts.worker.controls.terminate(taskIds, signal);
  }

  /** @param pool which of several; checked by who resizes */
  grow(count: number, pool?: string): void {
    this.parts.resize('grow', count, pool as PoolName | undefined);
  }

  shrink(count: number, pool?: string): void {
    this.parts.resize('shrink', count, pool as PoolName | undefined);
  }

  restartPool(): boolean {
    const { options, pool, log } = this.parts;
    if (!options.poolRestarts || pool.restart === undefined) return false;
    pool.restart();
    log.log('Remote restart of the pool: each child is replaced once its successor has booted');
    return true;
  }

  autoscale(): { readonly min: number; readonly max: number } | undefined {
    return this.parts.worker.controls.autoscale;
  }

  setAutoscale(bounds: Partial<ScaleBounds>): ScaleBounds | undefined {
    return this.parts.worker.controls.setAutoscale(bounds);
  }

  setTimeLimits(task: string, limits: TaskTimeLimits): boolean {
    return this.parts.worker.controls.setTimeLimits(task, limits);
  }

  setRateLimit(task: string, limit: number | string): boolean {
    return this.parts.worker.controls.setRateLimit(task, limit);
  }

  addQueue(name: string): Promise<void> {
    return this.parts.worker.controls.addQueue(name);
  }

  removeQueue(name: string): Promise<void> {
    return this.parts.worker.controls.removeQueue(name);
  }

  shutdown(): void {
    this.parts.log.log('Remote shutdown: running tasks finish first');
    this.parts.shutdown();
  }

  /** Who waits for one that will not run is told at once, as Celery does since 5.7. What runs has a state of its own to come. */
  private async storeRevoked(taskIds: readonly string[]): Promise<void> {
    const { backend, clock, log } = this.parts;
    if (backend === undefined) return;
    const running = new Set(this.inHand().flatMap(({ state, head }) => (state === 'active' ? [head.id] : [])));
    const waiting = taskIds.filter((id) => !running.has(id));
    try {
      const metas = await backend.fetch(waiting);
      const unsettled = waiting.filter((_, index) => UNSETTLED.includes(metas[index]?.status ?? 'PENDING'));
      const error = new TaskRevokedError('revoked');
      const records = unsettled.map((id) => failureRecord({ id }, 'REVOKED', error, clock.now()));
      if (records.length > 0) await backend.storeResults(records);
    } catch (error) {
      log.warn(`Could not store that tasks are revoked: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function implementationOf(pool: string): string {
  return `${SOFTWARE.software}.pools:${pool}`;
}

function partsOf(pool: Pool<TaskJob, TaskReply>, uses: readonly PoolUse[]): readonly PoolPartFacts[] {
  if (!(pool instanceof MixedPool)) return [];
  return uses.map(({ name, active, slots }) => ({
    name,
    implementation: implementationOf(name),
    limit: slots,
    pids: pool.part(name).pids?.() ?? [process.pid],
    inHand: active,
  }));
}
