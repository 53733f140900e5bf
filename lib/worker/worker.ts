import type { ResultBackend } from '../backends/index.js';
import type { Broker, Consumer, Delivery, LeaseKeeperData } from '../brokers/index.js';
import { nearestName } from '../errors/index.js';
import type { ReceptionSignals } from '../events/index.js';
import type { TaskJob, TaskReply } from '../execution/index.js';
import type { ResolvedWorkerOptions } from '../options/index.js';
import type { Pool } from '../pools/index.js';
import { readHead, readTaskMessage, type DecodeContent } from '../protocol/index.js';
import { sleep, type Clock, type Timer } from '../time/index.js';
import { failureRecord } from './failure-record.js';
import { cancelUnstarted } from './in-flight.js';
import { LookAhead } from './look-ahead.js';
import { recordsOf, storesFailure } from './outcome-table.js';
import { receive, type ReceptionRules, type Verdict } from './reception.js';
import { RevokedTasks } from './revoked-tasks.js';
import { Settler } from './settler.js';
import { SuspectGate } from './suspect-gate.js';
import { TaskLog } from './task-log.js';
import { TaskRunner, type TaskWatch } from './task-runner.js';
import type { TaskTraits } from './task-traits.js';
import type { WorkerLog } from './worker-log.js';

export interface WorkerSetup {
  /** Connected. */
  readonly broker: Broker;
  /** Connected; `undefined` where no results are kept. */
  readonly backend: ResultBackend | undefined;
  /** Started. */
  readonly pool: Pool<TaskJob, TaskReply>;
  /** Processes that bodies run in: each can have one message in it that may be what ended the last one. */
  readonly processes: number;
  readonly tasks: readonly TaskTraits[];
  /** Decodes a body with what the application accepts. Needed for few: those of protocol 1, and those that are acknowledged early. */
  readonly decode: DecodeContent;
  readonly options: ResolvedWorkerOptions;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly signals: ReceptionSignals;
  /** Makes what looks after bodies that run on this process's event loop, where the broker lets another thread reach what is held. */
  readonly watchWith?: ((lease: LeaseKeeperData) => TaskWatch) | undefined;
}

/** How a worker ends: `warm` finishes what runs, `cold` gives it back. */
export type ShutdownMode = 'warm' | 'cold';

const STALE_AFTER_MS = 1_000;
const LONGEST_WAIT_MS = 5_000;
/** Ended but unsettled tasks at which a worker stops taking more: as many as one settlement holds. */
const MOST_SETTLING = 64;

/**
 * Takes messages, has a pool run them, and settles them.
 *
 *   idle --start--> consuming --stop('warm')--> draining --all settled--> closed
 *                       └───────stop('cold')──> closed, from draining as well
 */
export class Worker {
  private readonly stopping = new AbortController();
  private readonly revoked = new RevokedTasks();
  private readonly rules: ReceptionRules;
  private readonly taskLog: TaskLog;
  private readonly lookAhead: LookAhead;
  private readonly beginnings = new Set<Promise<void>>();
  private consumer: Consumer | undefined;
  private settler: Settler | undefined;
  private runner: TaskRunner | undefined;
  private following: { close(): Promise<void> } | undefined;
  private loop: Promise<void> | undefined;
  private staleTimer: Timer | undefined;
  private end: Promise<void> | undefined;

  constructor(private readonly setup: WorkerSetup) {
    const { tasks, options, log, clock, pool, decode } = setup;
    const byName = new Map(tasks.map((task) => [task.name, task]));
    this.taskLog = new TaskLog(log);
    this.lookAhead = new LookAhead(pool.limit, clock);
    this.rules = {
      tasks: byName,
      revoked: this.revoked,
      maxDeliveries: options.maxDeliveries,
      unknownTask: options.unknownTask,
      readHead: (message) => readHead(message, () => decode(message)),
      checkBody: (message) => void readTaskMessage(message, decode).body(),
      nearestTask: (name) => nearestName(name, byName.keys()),
    };
  }

  /** Deliveries that are running or about to. */
  get activeCount(): number {
    return this.runner?.inFlight.size ?? 0;
  }

  /** Resolves once it consumes. */
  async start(): Promise<void> {
    const { broker, backend, options, clock, log, pool, processes } = this.setup;
    await broker.declare(options.queues.map((name) => ({ name })));
    this.following = await broker.revocations?.follow((ids) => this.revoke(ids));
    const consumer = await broker.consume({ queues: options.queues, order: options.queueOrder, node: options.name });
    const settler = new Settler({
      consumer,
      backend,
      isJoint: backend?.encode !== undefined && backend.store === broker.store,
      resultStoreTimeoutMs: options.resultStoreTimeoutMs,
      clock,
      log,
    });
    this.consumer = consumer;
    this.settler = settler;
    this.runner = new TaskRunner({
      pool,
      consumer,
      settler,
      lookAhead: this.lookAhead,
      suspects: new SuspectGate(processes),
      publish: (messages) => broker.publish(messages),
      watch: consumer.lease === undefined ? undefined : this.setup.watchWith?.(consumer.lease),
      clock,
      log: this.taskLog,
    });
    this.loop = this.consume(consumer, this.runner);
  }

  /** Resolves when nothing is held any more. A second call may turn a warm shutdown into a cold one. */
  async stop(mode: ShutdownMode): Promise<void> {
    this.stopping.abort();
    this.runner?.inFlight.wake();
    if (mode === 'cold') {
      this.settler?.abandon();
      await this.setup.pool.stop('kill');
    }
    this.end ??= this.drain();
    await this.end;
  }

  private async drain(): Promise<void> {
    await this.loop;
    const { runner } = this;
    if (runner !== undefined) {
      for (const entry of runner.inFlight.unstarted()) cancelUnstarted(entry, 'release');
      const softTimer = this.armSoftShutdown(runner);
      while (runner.inFlight.size > 0) await runner.inFlight.changed();
      softTimer?.cancel();
    }
    await Promise.all(this.beginnings);
    await this.settler?.flush();
    this.staleTimer?.cancel();
    await this.following?.close();
    await this.consumer?.close();
    await this.setup.pool.stop('drain');
  }

  private armSoftShutdown(runner: TaskRunner): Timer | undefined {
    const { options, clock, log } = this.setup;
    if (options.softShutdownTimeoutMs === undefined) return undefined;
    return clock.setTimer(() => {
      log.warn(
        `${runner.inFlight.size} tasks still run ${options.softShutdownTimeoutMs} ms into the shutdown; aborting their signals`,
      );
      for (const entry of runner.inFlight) entry.cancellation.request();
    }, options.softShutdownTimeoutMs);
  }

  private async consume(consumer: Consumer, runner: TaskRunner): Promise<void> {
    const { signal } = this.stopping;
    let waitMs = 0;
    while (!signal.aborted) {
      const want = this.credit(runner);
      if (want === 0) {
        await runner.inFlight.changed();
        continue;
      }
      try {
        const deliveries = await consumer.take(want, signal);
        waitMs = 0;
        for (const delivery of deliveries) this.begin(delivery);
        if (deliveries.length > 0) this.watchForStale(runner);
      } catch (error) {
        waitMs = Math.min(Math.max(waitMs * 2, 100), LONGEST_WAIT_MS);
        const reason = error instanceof Error ? error.message : String(error);
        this.setup.log.error(`Could not take messages, trying again in ${waitMs} ms: ${reason}`);
        await sleep(this.setup.clock, waitMs, signal).catch(() => undefined);
      }
    }
  }

  /**
   * How many to take now; 0 until a slot is free or half of what was taken ahead has started. What only has to be settled
   * leaves its place to the next, so that a take shares its trip with a settlement, until a store that cannot be written
   * has held up too many.
   */
  private credit(runner: TaskRunner): number {
    const slots = this.setup.pool.limit;
    const ahead = this.lookAhead.current();
    const { size, settling } = runner.inFlight;
    if (settling > Math.max(MOST_SETTLING, slots + ahead)) return 0;
    const inHand = size - settling;
    return inHand > slots + Math.floor(ahead / 2) || inHand >= slots + ahead ? 0 : slots + ahead - inHand;
  }

  private begin(delivery: Delivery): void {
    const verdict = receive(delivery, this.rules, this.setup.clock.now());
    const work = this.obey(delivery, verdict).catch((error: unknown) => {
      this.setup.log.error(`A delivery could not be handled: ${error instanceof Error ? error.stack : String(error)}`);
    });
    this.beginnings.add(work);
    void work.finally(() => this.beginnings.delete(work));
  }

  private async obey(delivery: Delivery, verdict: Verdict): Promise<void> {
    const { runner, settler } = this;
    if (runner === undefined || settler === undefined) return;
    switch (verdict.as) {
      case 'run':
        this.setup.signals.taskReceived(verdict.head);
        return runner.run(delivery, verdict.head, verdict.traits);
      case 'park':
        await settler.settle({ delivery, as: 'park', untilMs: verdict.untilMs });
        return;
      case 'revoke':
        return this.settleRevoked(delivery, verdict, settler);
      case 'give-up':
        return runner.giveUp(delivery, verdict.head, verdict.traits, verdict.error);
      case 'unknown':
        return this.settleUnknown(delivery, verdict, settler);
      case 'dead':
        this.taskLog.undecodable(delivery, verdict.error);
        this.setup.signals.taskRejected(verdict.error.message);
        await settler.settle({ delivery, as: 'dead', reason: verdict.reason, error: verdict.error.message });
        return;
    }
  }

  private async settleRevoked(
    delivery: Delivery,
    { head, traits, error }: Extract<Verdict, { as: 'revoke' }>,
    settler: Settler,
  ): Promise<void> {
    const reason = error.reason === 'expired' ? 'expired' : 'revoked';
    this.taskLog.revoked(head, reason);
    this.setup.signals.taskRevoked(head, reason);
    const record = failureRecord(head, 'REVOKED', error, this.setup.clock.now());
    await settler.settle({ delivery, as: 'ack' }, recordsOf(record, storesFailure(traits, head.ignoreResult)));
  }

  private async settleUnknown(
    delivery: Delivery,
    { head, policy, error }: Extract<Verdict, { as: 'unknown' }>,
    settler: Settler,
  ): Promise<void> {
    this.taskLog.unknown(head, error, policy);
    this.setup.signals.taskUnknown(head);
    if (policy === 'ack') {
      await settler.settle({ delivery, as: 'ack' });
      return;
    }
    const records = [failureRecord(head, 'FAILURE', error, this.setup.clock.now())];
    if (policy === 'reject') await settler.settle({ delivery, as: 'ack' }, records);
    else await settler.settle({ delivery, as: 'dead', reason: 'unknown_task', error: error.message }, records);
  }

  private revoke(taskIds: readonly string[]): void {
    this.revoked.add(taskIds);
    for (const entry of this.runner?.inFlight.unstarted() ?? []) {
      if (this.revoked.has(entry.head.id)) cancelUnstarted(entry, 'revoke');
    }
  }

  /** While something waits for a slot, looks once a second whether it has waited too long. */
  private watchForStale(runner: TaskRunner): void {
    if (this.staleTimer !== undefined) return;
    this.staleTimer = this.setup.clock.setTimer(() => {
      this.staleTimer = undefined;
      runner.releaseStale(STALE_AFTER_MS);
      if (!runner.inFlight.unstarted()[Symbol.iterator]().next().done) this.watchForStale(runner);
    }, STALE_AFTER_MS);
  }
}
