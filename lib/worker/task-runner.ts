import type { Consumer, Delivery } from '../brokers/index.js';
import type { TaskJob, TaskReply } from '../execution/index.js';
import { Cancellation, type PoolOutcome, type RunOptions } from '../pools/index.js';
import type { TaskHead } from '../protocol/index.js';
import { toPart } from './chords/chord-desk.js';
import { cancelUnstarted, type InFlight, type InFlightTable } from './in-flight.js';
import { disposeReply } from './outcome-table.js';
import type { StartCounts } from './start-counts.js';
import type { SuspectGate } from './suspect-gate.js';
import { settlementOf, TaskEndings, type TaskEndingsOptions } from './task-endings.js';
import type { TaskTraits } from './task-traits.js';

export interface TaskRunnerOptions extends TaskEndingsOptions {
  readonly consumer: Consumer;
  /** That of the pool that a task asks for. */
  readonly suspects: (pool: string | undefined) => SuspectGate;
  readonly starts: StartCounts;
  /** Told when bodies start and end, where they run on this process's own event loop. */
  readonly watch: TaskWatch | undefined;
}

/** Something that looks after running bodies from outside of the event loop they run on. */
export interface TaskWatch {
  started(delivery: Delivery, head: TaskHead, timeLimitMs: number | undefined): void;
  ended(delivery: Delivery): void;
}

/** Takes a received message through the pool and settles it by what came out. */
export class TaskRunner {
  private readonly inFlight: InFlightTable;

  readonly endings: TaskEndings;

  constructor(private readonly options: TaskRunnerOptions) {
    this.inFlight = options.inFlight;
    this.endings = new TaskEndings(options);
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
    else await this.endings.conclude(entry, await this.runInPool(entry, false));
  }

  /** A reply goes to its settlement without a further promise: nearly all tasks end so, and each promise costs as much as the rest. */
  private concludePlain(entry: InFlight, outcome: PoolOutcome<TaskReply>): void {
    if (outcome.as !== 'done' || entry.cancelledAs !== undefined) {
      return this.finish(entry, this.endings.conclude(entry, outcome));
    }
    try {
      this.inFlight.end(entry);
      const { reply } = outcome;
      this.endings.note(entry, reply);
      if (reply.part !== undefined || reply.chords !== undefined) {
        return this.concludeOfChord(entry, reply);
      }
      const settlement = settlementOf(entry.delivery, disposeReply(reply, entry.traits), reply.successors);
      this.options.settler.add(settlement, reply.records, (settled) => {
        if (settled === 'lost') this.options.log.settledElsewhere(entry.delivery);
        if (settled === 'counted') entry.delivery.dropContent?.();
        this.remove(entry);
      });
    } catch (error) {
      this.finish(entry, Promise.reject(error));
    }
  }

  /** A part of a chord that is merely counted goes the way of all others. */
  private concludeOfChord(entry: InFlight, reply: TaskReply): void {
    const fate = disposeReply(reply, entry.traits);
    if ((reply.part?.adds ?? reply.part?.late) !== undefined)
      return this.finish(entry, this.endings.settle(entry, fate, reply));
    const settlement = settlementOf(entry.delivery, fate, reply.successors);
    const { records, chords, part } = reply;
    this.options.settler.addAll({ settlement, records, chords, part: part && toPart(part) }, (settled) => {
      if (settled === 'yours' && part !== undefined) {
        return this.finish(entry, this.endings.endChord(entry, fate, { ...reply, part }));
      }
      if (settled === 'lost') this.options.log.settledElsewhere(entry.delivery);
      if (settled === 'counted') entry.delivery.dropContent?.();
      this.remove(entry);
    });
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
        return this.endings.concludeUnstarted(entry);
      }
      await this.endings.conclude(entry, await this.runInPool(entry, true));
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
}

function jobOf({ delivery, head, isTold, traits }: InFlight): TaskJob {
  const { message, queue, redelivered } = delivery;
  return { message, head, queue, redelivered, isShown: isTold, limits: traits.limits };
}
