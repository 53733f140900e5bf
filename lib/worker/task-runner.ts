import type { Consumer, Delivery, Settlement } from '../brokers/index.js';
import { TimeLimitExceeded, WorkerLostError } from '../errors/index.js';
import type { TaskJob, TaskReply } from '../execution/index.js';
import type { TerminationSignal } from '../options/index.js';
import { Cancellation, type Pool, type PoolOutcome, type RunOptions } from '../pools/index.js';
import { toWireError, type OutgoingMessage, type TaskHead } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import { failureRecord } from './failure-record.js';
import { cancelUnstarted, type InFlight, type InFlightTable } from './in-flight.js';
import type { Paces } from './look-ahead.js';
import { disposeReply, recordsOf, storesFailure, type Disposal, type RevokedReason } from './outcome-table.js';
import type { RevokedOutcome } from './revoked-outcome.js';
import type { Settler } from './settler.js';
import type { StartCounts } from './start-counts.js';
import type { SuspectGate } from './suspect-gate.js';
import type { TaskLog } from './task-log.js';
import type { TaskReporter } from './task-reporter.js';
import type { TaskTraits } from './task-traits.js';

export interface TaskRunnerOptions {
  /** What this runner gives to the pool is added here, beside what others gave. */
  readonly inFlight: InFlightTable;
  readonly pool: Pool<TaskJob, TaskReply>;
  readonly consumer: Consumer;
  readonly settler: Settler;
  readonly paces: Paces;
  /** That of the pool that a task asks for. */
  readonly suspects: (pool: string | undefined) => SuspectGate;
  readonly starts: StartCounts;
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
  /** Told when bodies start and end, where they run on this process's own event loop. */
  readonly watch: TaskWatch | undefined;
  readonly revoked: RevokedOutcome;
  readonly reporter: TaskReporter;
  readonly clock: Clock;
  readonly log: TaskLog;
}

/** Something that looks after running bodies from outside of the event loop they run on. */
export interface TaskWatch {
  started(delivery: Delivery, head: TaskHead, timeLimitMs: number | undefined): void;
  ended(delivery: Delivery): void;
}

/** Takes a received message through the pool and settles it by what came out. */
export class TaskRunner {
  private readonly inFlight: InFlightTable;

  constructor(private readonly options: TaskRunnerOptions) {
    this.inFlight = options.inFlight;
  }

  /** Runs one delivery to its settlement; it is in flight until then. */
  run(delivery: Delivery, head: TaskHead, traits: TaskTraits): void {
    const isTold = this.options.reporter.tells(traits);
    const entry: InFlight = {
      delivery,
      head,
      traits,
      cancellation: new Cancellation(),
      handedAtMs: this.options.clock.monotonic(),
      startedAtMs: undefined,
      pid: undefined,
      isAckedEarly: !traits.acksLate,
      cancelledAs: undefined,
      isTold,
      hasEnded: false,
      place: undefined,
    };
    if (isTold) this.options.reporter.received(head);
    this.inFlight.add(entry);
    if (entry.isAckedEarly || delivery.redelivered) return this.finish(entry, this.runWithCare(entry));
    try {
      this.options.pool.submit(jobOf(entry), this.runOptions(entry, false), (outcome) =>
        this.concludePlain(entry, outcome),
      );
    } catch (error) {
      this.finish(entry, Promise.reject(error));
    }
  }

  /** Lets a task that will not run fail as if it had: its hooks and errbacks run, and the message is dead-lettered. */
  async giveUp(delivery: Delivery, head: TaskHead, traits: TaskTraits, error: Error): Promise<void> {
    const { log } = this.options;
    log.givenUp(head, error);
    const fate: Disposal = { as: 'dead', reason: 'delivery_limit', error: error.message };
    await this.failWithoutRunning({ delivery, head, traits }, error, fate);
  }

  /** Cancels what has waited too long for a slot, so that a worker with a free one gets it. */
  releaseStale(olderThanMs: number): void {
    const deadline = this.options.clock.monotonic() - olderThanMs;
    for (const entry of this.inFlight.unstarted()) {
      if (entry.handedAtMs > deadline) return;
      if (cancelUnstarted(entry, 'release')) this.options.paces.pause(entry.delivery.queue, entry.traits.pool);
    }
  }

  private async runWithCare(entry: InFlight): Promise<void> {
    const { delivery, isAckedEarly } = entry;
    if (isAckedEarly && !(await this.options.settler.settle({ delivery, as: 'ack' }))) return;
    if (delivery.redelivered) await this.runSuspect(entry);
    else await this.conclude(entry, await this.runInPool(entry, false));
  }

  /** A reply goes to its settlement without a further promise: nearly all tasks end so, and each promise costs as much as the rest. */
  private concludePlain(entry: InFlight, outcome: PoolOutcome<TaskReply>): void {
    if (outcome.as !== 'done' || entry.cancelledAs !== undefined) {
      return this.finish(entry, this.conclude(entry, outcome));
    }
    try {
      this.inFlight.end(entry);
      const { reply } = outcome;
      this.noteReply(entry, reply);
      const settlement = settlementOf(entry.delivery, disposeReply(reply, entry.traits), reply.successors);
      this.options.settler.add(settlement, reply.records, (counted) => {
        if (!counted) this.options.log.settledElsewhere(entry.delivery);
        this.remove(entry);
      });
    } catch (error) {
      this.finish(entry, Promise.reject(error));
    }
  }

  private finish(entry: InFlight, work: Promise<void>): void {
    void work.catch((error: unknown) => this.options.log.unhandled(error)).then(() => this.remove(entry));
  }

  private remove(entry: InFlight): void {
    this.options.watch?.ended(entry.delivery);
    this.inFlight.remove(entry);
  }

  /** The next suspect has to wait until this one is settled: before that, the death of the process would be charged to this one too. */
  private runSuspect(entry: InFlight): Promise<void> {
    return this.options.suspects(entry.traits.pool).pass(async () => {
      if (entry.cancelledAs === undefined && !(await this.markStarted(entry))) {
        this.inFlight.end(entry);
        return this.concludeUnstarted(entry);
      }
      await this.conclude(entry, await this.runInPool(entry, true));
    });
  }

  /** @returns `false` where its start cannot be recorded: then it may not begin, and goes back */
  private async markStarted({ delivery }: InFlight): Promise<boolean> {
    try {
      await this.options.consumer.markStarted([delivery]);
      return true;
    } catch (error) {
      this.options.log.unhandled(error);
      return false;
    }
  }

  private async runInPool(entry: InFlight, isolated: boolean): Promise<PoolOutcome<TaskReply>> {
    return this.options.pool.run(jobOf(entry), this.runOptions(entry, isolated));
  }

  private runOptions(entry: InFlight, isolated: boolean): RunOptions {
    const { clock, reporter, starts, watch } = this.options;
    const { delivery, head, isTold, traits } = entry;
    const timeLimitMs = head.timeLimitMs ?? traits.timeLimitMs;
    return {
      cancellation: entry.cancellation,
      timeLimitMs,
      isolated,
      onStarted: ({ pid }) => {
        entry.startedAtMs = clock.monotonic();
        entry.pid = pid;
        starts.add(traits.name);
        watch?.started(delivery, head, timeLimitMs);
        if (isTold) reporter.started(head);
        this.inFlight.wake();
      },
    };
  }

  private async conclude(entry: InFlight, outcome: PoolOutcome<TaskReply>): Promise<void> {
    this.inFlight.end(entry);
    switch (outcome.as) {
      case 'done':
        return this.concludeReply(entry, outcome.reply);
      case 'time-limit':
        return this.concludeTimeLimit(entry, outcome.limitMs);
      case 'terminated':
        return this.concludeRevoked(entry, 'terminated', outcome.signal);
      case 'lost':
        return outcome.started ? this.concludeLost(entry, outcome) : this.concludeUnstarted(entry);
    }
  }

  private async concludeReply(entry: InFlight, reply: TaskReply): Promise<void> {
    const isGivenBack = reply.outcome === 'rejected' && reply.requeue;
    if (isGivenBack && isRevoked(entry)) return this.concludeRevoked(entry, 'cancelled');
    this.noteReply(entry, reply);
    await this.settle(entry, disposeReply(reply, entry.traits), reply);
  }

  private noteReply(entry: InFlight, reply: TaskReply): void {
    this.options.paces.recordRun(entry.delivery.queue, reply.runtimeMs, entry.traits.pool);
    this.options.log.finished(entry.head, reply);
    if (entry.isTold) this.options.reporter.ended(entry.head, reply);
  }

  private async concludeTimeLimit(entry: InFlight, limitMs: number): Promise<void> {
    const error = new TimeLimitExceeded(limitMs);
    this.options.log.timedOut(entry.head, limitMs);
    if (!entry.traits.acksOnTimeout && !entry.isAckedEarly) {
      return this.requeue(entry, true);
    }
    await this.failWithoutRunning(entry, error, { as: 'ack' });
  }

  private async concludeLost(
    entry: InFlight,
    outcome: { readonly charged: boolean; readonly reason: string },
  ): Promise<void> {
    const error = new WorkerLostError(`The process that ran task "${entry.head.task}" is gone: ${outcome.reason}.`);
    this.options.log.lost(entry.head, outcome.reason, outcome.charged);
    if (entry.isAckedEarly) return this.failWithoutRunning(entry, error, { as: 'ack' });
    await this.requeue(entry, outcome.charged);
  }

  private async concludeUnstarted(entry: InFlight): Promise<void> {
    if (isRevoked(entry)) return this.concludeRevoked(entry, 'revoked');
    if (entry.isAckedEarly) return; // its process ended before it began: lost by design, as `acksLate: false` asks
    await this.options.settler.settle({ delivery: entry.delivery, as: 'release' });
  }

  private async concludeRevoked(entry: InFlight, reason: RevokedReason, signal?: TerminationSignal): Promise<void> {
    const records = this.options.revoked.tell(entry, reason, signal);
    await this.settle(entry, { as: 'ack' }, { records, successors: [] });
  }

  /** Has the pool do what follows a failure of the task; stores the failure itself where the pool cannot. */
  private async failWithoutRunning(
    entry: Pick<InFlight, 'delivery' | 'head' | 'traits'> & Partial<InFlight>,
    error: Error,
    fate: Disposal,
  ): Promise<void> {
    const { delivery, head, traits } = entry;
    const verdict = toWireError(error);
    const isTold = entry.isTold ?? this.options.reporter.tells(traits);
    if (isTold) this.options.reporter.failed(head, verdict, verdict.traceback);
    const job: TaskJob = {
      message: delivery.message,
      head,
      queue: delivery.queue,
      redelivered: delivery.redelivered,
      verdict,
    };
    const outcome = await this.options.pool.run(job, {});
    const ending =
      outcome.as === 'done' && outcome.reply.outcome === 'failure'
        ? outcome.reply
        : {
            records: recordsOf(
              failureRecord(head, 'FAILURE', error, this.now()),
              storesFailure(traits, head.ignoreResult),
            ),
            successors: [],
          };
    await this.settle({ delivery, isAckedEarly: entry.isAckedEarly ?? false }, fate, ending);
  }

  private async settle(
    { delivery, isAckedEarly }: Pick<InFlight, 'delivery' | 'isAckedEarly'>,
    fate: Disposal,
    { records, successors }: Pick<TaskReply, 'records' | 'successors'>,
  ): Promise<void> {
    const { log, publish, settler } = this.options;
    if (isAckedEarly) return settler.settleEarly(records, () => publish(successors));
    if (!(await settler.settle(settlementOf(delivery, fate, successors), records))) log.settledElsewhere(delivery);
  }

  private async requeue({ delivery, head, isTold }: InFlight, charge: boolean): Promise<void> {
    if (isTold) this.options.reporter.requeued(head);
    await this.options.settler.settle({ delivery, as: 'requeue', charge });
  }

  private now(): number {
    return this.options.clock.now();
  }
}

function isRevoked({ cancelledAs }: InFlight): boolean {
  return cancelledAs !== undefined && cancelledAs !== 'release';
}

function jobOf({ delivery, head, isTold, traits }: InFlight): TaskJob {
  const { message, queue, redelivered } = delivery;
  return { message, head, queue, redelivered, isShown: isTold, limits: traits.limits };
}

function settlementOf(delivery: Delivery, fate: Disposal, successors: readonly OutgoingMessage[]): Settlement {
  if (successors.length > 0) return { delivery, successors, ...fate };
  return fate.as === 'ack' ? { delivery, as: 'ack' } : { delivery, ...fate };
}
