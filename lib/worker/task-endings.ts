import { TaskRevokedError, TimeLimitExceeded, WorkerLostError } from '../errors/index.js';
import type { Delivery, Settlement } from '../brokers/index.js';
import type { TaskReply, TaskVerdict } from '../execution/index.js';
import type { TerminationSignal } from '../options/index.js';
import type { PoolOutcome } from '../pools/index.js';
import { isFollowed, toWireError, type OutgoingMessage, type ResultRecord, type TaskHead } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import { ChordDesk, type ChordDeskOptions, type PartEnding } from './chords/chord-desk.js';
import { failureRecord } from './failure-record.js';
import type { InFlight, InFlightTable } from './in-flight.js';
import type { Paces } from './look-ahead.js';
import { disposeReply, recordsOf, storesFailure, type Disposal, type RevokedReason } from './outcome-table.js';
import type { RevokedOutcome } from './revoked-outcome.js';
import type { TaskLog } from './task-log.js';
import type { TaskReporter } from './task-reporter.js';
import type { TaskTraits } from './task-traits.js';

export interface TaskEndingsOptions extends ChordDeskOptions {
  /** What a runner gives to the pool is added here, beside what others gave. */
  readonly inFlight: InFlightTable;
  readonly paces: Paces;
  readonly revoked: RevokedOutcome;
  readonly reporter: TaskReporter;
  readonly clock: Clock;
  readonly log: TaskLog;
}

/** Settles messages by what their runs came to. */
export class TaskEndings {
  private readonly chords: ChordDesk;

  constructor(private readonly options: TaskEndingsOptions) {
    this.chords = new ChordDesk(options);
  }

  /** Lets a task that will not run fail as if it had: its hooks and errbacks run, and the message is dead-lettered. */
  async giveUp(delivery: Delivery, head: TaskHead, traits: TaskTraits, error: Error): Promise<void> {
    const { log } = this.options;
    log.givenUp(head, error);
    const fate: Disposal = { as: 'dead', reason: 'delivery_limit', error: error.message };
    await this.failWithoutRunning({ delivery, head, traits }, error, fate);
  }

  /** Settles what a run came to. */
  async conclude(entry: InFlight, outcome: PoolOutcome<TaskReply>): Promise<void> {
    this.options.inFlight.end(entry);
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
    this.note(entry, reply);
    await this.settle(entry, disposeReply(reply, entry.traits), reply);
  }

  /** Tells of the end of a run. */
  note(entry: InFlight, reply: TaskReply): void {
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

  /** For one that never began. */
  async concludeUnstarted(entry: InFlight): Promise<void> {
    if (isRevoked(entry)) return this.concludeRevoked(entry, 'revoked');
    if (entry.isAckedEarly) return; // its process ended before it began: lost by design, as `acksLate: false` asks
    await this.options.settler.settle({ delivery: entry.delivery, as: 'release' });
  }

  private async concludeRevoked(entry: InFlight, reason: RevokedReason, signal?: TerminationSignal): Promise<void> {
    await this.revoke(entry, this.options.revoked.tell(entry, reason, signal), reason);
  }

  /** Settles a task that was revoked, with what follows from that for its chain and its chord. */
  async revoke(
    entry: Pick<InFlight, 'delivery' | 'head'> & Partial<InFlight>,
    records: readonly ResultRecord[],
    reason: RevokedReason,
  ): Promise<void> {
    const { delivery, head } = entry;
    const ending = isFollowed(delivery.message)
      ? await this.endingOf(entry, { ...toWireError(new TaskRevokedError(reason)), traceback: null, isRevoked: true })
      : undefined;
    await this.settle(
      { delivery, head, isAckedEarly: entry.isAckedEarly ?? false },
      { as: 'ack' },
      { ...(ending ?? NOTHING), records: [...records, ...(ending?.records ?? [])] },
    );
  }

  /** Settles a task that is not known here; its chain and its chord have failed with it. */
  async refuse(delivery: Delivery, head: TaskHead, fate: Disposal, record: ResultRecord, error: Error): Promise<void> {
    const ending = isFollowed(delivery.message)
      ? await this.endingOf({ delivery, head }, toWireError(error))
      : undefined;
    await this.settle({ delivery, head, isAckedEarly: false }, fate, ending ?? { records: [record], successors: [] });
  }

  /** What the pool says follows from an end that it did not see itself; `undefined` where it cannot say. */
  private async endingOf(
    { delivery, head }: Pick<InFlight, 'delivery' | 'head'>,
    verdict: TaskVerdict,
  ): Promise<TaskReply | undefined> {
    const { message, queue, redelivered } = delivery;
    const outcome = await this.options.pool.run({ message, head, queue, redelivered, verdict }, {});
    return outcome.as === 'done' && outcome.reply.outcome !== 'undecodable' ? outcome.reply : undefined;
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
    const reply = await this.endingOf({ delivery, head }, verdict);
    const ending =
      reply?.outcome === 'failure'
        ? reply
        : {
            records: recordsOf(
              failureRecord(head, 'FAILURE', error, this.now()),
              storesFailure(traits, head.ignoreResult),
            ),
            successors: [],
          };
    await this.settle({ delivery, head, isAckedEarly: entry.isAckedEarly ?? false }, fate, ending);
  }

  /** With what goes with it: the states, what follows, and what the run counts for in a chord. */
  async settle(
    { delivery, head, isAckedEarly }: Pick<InFlight, 'delivery' | 'head' | 'isAckedEarly'>,
    fate: Disposal,
    { records, successors, chords, part }: Pick<TaskReply, 'records' | 'successors' | 'chords' | 'part'>,
  ): Promise<void> {
    const { log, publish, settler } = this.options;
    if (part !== undefined) {
      if (part.adds !== undefined) await this.chords.extend(part);
      if (part.late !== undefined) await this.chords.limit(part.groupId, part.late);
      const ending = { delivery, head, fate, reply: { records, successors, chords, part } };
      if (isAckedEarly) return this.chords.settleEarly(ending);
      if ((await this.chords.settle(ending)) === 'lost') log.settledElsewhere(delivery);
      return;
    }
    if (isAckedEarly) return settler.settleEarly(records, () => publish(successors), chords);
    const settlement = settlementOf(delivery, fate, successors);
    if ((await settler.settleAll({ settlement, records, chords })) === 'lost') log.settledElsewhere(delivery);
  }

  /** Settles a message that is still held since its part has ended its chord, with what follows from that. */
  async endChord(
    { delivery, head }: Pick<InFlight, 'delivery' | 'head'>,
    fate: Disposal,
    reply: PartEnding['reply'],
  ): Promise<void> {
    const outcome = await this.chords.conclude({ delivery, head, fate, reply });
    if (outcome === 'lost') this.options.log.settledElsewhere(delivery);
  }

  private async requeue({ delivery, head, isTold }: InFlight, charge: boolean): Promise<void> {
    if (isTold) this.options.reporter.requeued(head);
    await this.options.settler.settle({ delivery, as: 'requeue', charge });
  }

  private now(): number {
    return this.options.clock.now();
  }
}

const NOTHING = { successors: [], chords: undefined, part: undefined };

function isRevoked({ cancelledAs }: InFlight): boolean {
  return cancelledAs !== undefined && cancelledAs !== 'release';
}

export function settlementOf(delivery: Delivery, fate: Disposal, successors: readonly OutgoingMessage[]): Settlement {
  if (successors.length > 0) return { delivery, successors, ...fate };
  return fate.as === 'ack' ? { delivery, as: 'ack' } : { delivery, ...fate };
}
