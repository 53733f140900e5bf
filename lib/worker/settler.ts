import { openChords, type ResultBackend } from '../backends/index.js';
import type { Consumer, Delivery, Settlement } from '../brokers/index.js';
import type { ChordSize } from '../client/index.js';
import type { ResultRecord } from '../protocol/index.js';
import { sleep, type Clock, type Timer } from '../time/index.js';
import { PartCounter } from './chords/part-counter.js';
import type { SettleOutcome, Settling } from './settling.js';
import type { WorkerLog } from './worker-log.js';

export interface SettlerOptions {
  readonly consumer: Consumer;
  /** `undefined` where no results are kept. */
  readonly backend: ResultBackend | undefined;
  /** Whether the broker writes the results in the same step. */
  readonly isJoint: boolean;
  readonly resultStoreTimeoutMs: number;
  readonly clock: Clock;
  readonly log: WorkerLog;
}

interface Entry extends Settling {
  /** Must not throw. */
  readonly done: (outcome: SettleOutcome) => void;
}

const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 5_000;
/** How long the last attempt may take. */
const LAST_ATTEMPT_MS = 3_000;
const MOST_NAMES = 10;

/**
 * Settles in batches: what ends in one turn of the event loop goes to the broker in one step, and while that is under way the
 * next batch gathers. Where results live in another store: ownership is checked, results are written, then the messages are
 * acknowledged, so that a crash in between repeats a task rather than losing its result.
 */
export class Settler {
  private gathered: Entry[] = [];
  private running: Promise<void> | undefined;
  /** Under way. */
  private batch: readonly Entry[] = [];
  private readonly giveUp = new AbortController();
  private isCutOff = false;
  /** Whether what was gathered has to do with chords: nearly nothing has, and is not looked through. */
  private hasChords = false;
  private readonly counter: PartCounter;
  /** Set while a worker ends. */
  private graceMs: number | undefined;
  private limit: Timer | undefined;

  constructor(private readonly options: SettlerOptions) {
    this.counter = new PartCounter(options, (what, operation) => this.patiently(what, operation));
  }

  /** Resolves when it is settled: `false` when the delivery was no longer ours, and nothing was done for it. */
  settle(settlement: Settlement, records: readonly ResultRecord[] = []): Promise<boolean> {
    return new Promise((resolve) => this.add(settlement, records, (outcome) => resolve(outcome === 'counted')));
  }

  /** The same with chords, and with a part of one. */
  settleAll(settling: Settling): Promise<SettleOutcome> {
    return new Promise((resolve) => this.addAll(settling, resolve));
  }

  /** The same without a promise. @param done must not throw */
  add(settlement: Settlement, records: readonly ResultRecord[], done: (outcome: SettleOutcome) => void): void {
    if (this.isCutOff) return done('lost');
    this.gathered.push({ settlement: this.join(settlement, records), records, done });
    this.running ??= this.run();
  }

  /** @param done must not throw */
  addAll({ settlement, records, chords, part }: Settling, done: (outcome: SettleOutcome) => void): void {
    if (this.isCutOff) return done('lost');
    this.gathered.push({ settlement: this.join(settlement, records), records, chords, part, done });
    this.hasChords ||= part !== undefined || (chords !== undefined && chords.length > 0);
    this.running ??= this.run();
  }

  /**
   * Stores the outcome of a message that was acknowledged before it ran: what follows is published, then its states are
   * written. What cannot be written in time is logged and gone, which is what an early acknowledgement means.
   */
  async settleEarly(
    records: readonly ResultRecord[],
    publish: () => Promise<void>,
    chords: readonly ChordSize[] = [],
  ): Promise<void> {
    const { backend, resultStoreTimeoutMs } = this.options;
    if (chords.length > 0) await this.patiently('open chords', () => openChords(backend ?? {}, chords));
    await this.persist('publish what follows a task', publish, resultStoreTimeoutMs);
    if (backend === undefined || records.length === 0) return;
    await this.persist('store results', () => backend.storeResults(records), resultStoreTimeoutMs);
  }

  /** Resolves when all that was given so far is settled or given up. */
  async flush(): Promise<void> {
    if (!this.isCutOff) await this.running;
  }

  /** Tries each thing but once from now on: what could not be settled is left to whoever finds this worker gone. */
  abandon(): void {
    this.giveUp.abort();
  }

  /** The worker ends: a batch that has not been settled for so long is given up, and so is all that comes after it. */
  endWithin(graceMs: number): void {
    this.graceMs = graceMs;
    if (this.batch.length > 0) this.limitBatch();
  }

  /** The consumer holds nothing any more: what was given and what still comes is dropped. */
  cutOff(): void {
    this.isCutOff = true;
    this.abandon();
    const dropped = this.gathered;
    this.gathered = [];
    for (const entry of dropped) entry.done('lost');
  }

  private async run(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.gathered.length > 0) {
      const batch = (this.batch = this.gathered);
      const { hasChords } = this;
      this.gathered = [];
      this.hasChords = false;
      if (this.graceMs !== undefined) this.limitBatch();
      await this.settleBatch(batch, hasChords);
      this.limit?.cancel();
    }
    this.batch = [];
    this.running = undefined;
  }

  private limitBatch(): void {
    const { clock } = this.options;
    const leave = (): void => {
      const left = [...this.batch, ...this.gathered];
      [this.batch, this.gathered] = [[], []];
      this.leave(left);
      this.isCutOff = true;
    };
    const lastAttempt = (): void => {
      this.abandon();
      this.limit = clock.setTimer(leave, LAST_ATTEMPT_MS);
    };
    this.limit?.cancel();
    if (this.giveUp.signal.aborted) lastAttempt();
    else this.limit = clock.setTimer(lastAttempt, this.graceMs ?? 0);
  }

  /** Nobody here settles these any more. */
  private leave(entries: readonly Entry[]): void {
    if (!this.isCutOff) this.tellLeft(entries);
    for (const entry of entries) entry.done('lost');
  }

  private tellLeft(entries: readonly Entry[]): void {
    const names = entries.slice(0, MOST_NAMES).map(nameOf).join(', ');
    const [count, others] = [entries.length, entries.length > MOST_NAMES ? ', …' : ''];
    this.options.log.error(
      `The worker ends with ${count === 1 ? '1 message' : `${count} messages`} unsettled: ${names}${others}. ` +
        'Others get what it held when its lease ends, and run it again.',
    );
  }

  private async settleBatch(all: readonly Entry[], hasChords: boolean): Promise<void> {
    const batch = hasChords ? await this.countParts(all) : all;
    if (batch.length === 0 || this.batch !== all) return;
    const settlements = this.options.isJoint ? batch.map(({ settlement }) => settlement) : await this.storeFirst(batch);
    const lost = await this.persist('settle messages', () => this.options.consumer.settle(settlements));
    if (this.batch !== all) return; // it was left meanwhile
    if (lost === undefined) return this.leave(batch);
    if (lost.length === 0) {
      for (const entry of batch) entry.done('counted');
      return;
    }
    const lostTags = new Set(lost.map((delivery) => delivery.tag));
    for (const entry of batch) entry.done(lostTags.has(entry.settlement.delivery.tag) ? 'lost' : 'counted');
  }

  /** Opens the chords that follow and counts the parts; returns what is left to settle. */
  private async countParts(all: readonly Entry[]): Promise<readonly Entry[]> {
    const counted = await this.counter.count(all);
    if (this.batch !== all) return []; // it was left meanwhile
    for (const entry of counted.counted) entry.done('counted');
    for (const { entry, outcome } of counted.done) entry.done(outcome);
    return [
      ...counted.left,
      ...counted.refused.map((entry) => ({ ...entry, settlement: giveBack(entry), records: [] })),
    ];
  }

  private join(settlement: Settlement, records: readonly ResultRecord[]): Settlement {
    const { isJoint, backend } = this.options;
    const results = isJoint && records.length > 0 ? backend?.encode?.(records) : undefined;
    if (results === undefined) return settlement;
    const { delivery, as, successors } = settlement;
    // Nearly all are so, and are written out, as spreading costs ten times as much.
    return as === 'ack' && successors === undefined ? { delivery, as, results } : { ...settlement, results };
  }

  /** Writes the results of all that is still ours; what could not be written goes back to the queue. */
  private async storeFirst(batch: readonly Entry[]): Promise<readonly Settlement[]> {
    const { backend, consumer } = this.options;
    const withRecords = batch.filter((entry) => entry.records.length > 0);
    if (backend === undefined || withRecords.length === 0) return batch.map((entry) => entry.settlement);

    const deliveries = withRecords.map((entry) => entry.settlement.delivery);
    const lost = await this.persist('check what is held', () => consumer.findLost(deliveries));
    const lostTags = new Set(lost?.map((delivery) => delivery.tag));
    const records = withRecords
      .filter((entry) => !lostTags.has(entry.settlement.delivery.tag))
      .flatMap((entry) => entry.records);
    const isStored = await this.persist(
      'store results',
      () => backend.storeResults(records).then(() => true),
      this.options.resultStoreTimeoutMs,
    );
    return batch.map((entry) => (isStored || entry.records.length === 0 ? entry.settlement : giveBack(entry)));
  }

  /** Repeats an operation with back-off for as long as the result store may take; `undefined` when it was given up. */
  patiently<T>(what: string, operation: () => Promise<T>): Promise<T | undefined> {
    return this.persist(what, operation, this.options.resultStoreTimeoutMs);
  }

  /** @returns `undefined` when it was given up */
  private async persist<T>(what: string, operation: () => Promise<T>, timeoutMs = Infinity): Promise<T | undefined> {
    const { clock, log } = this.options;
    const { signal } = this.giveUp;
    const deadline = clock.monotonic() + timeoutMs;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        return await operation();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (signal.aborted || clock.monotonic() + waitMs > deadline) {
          log.error(`Could not ${what}, giving up: ${reason}`);
          return undefined;
        }
        log.warn(`Could not ${what}, trying again in ${waitMs} ms: ${reason}`);
        await sleep(clock, waitMs, signal).catch(() => undefined);
      }
    }
  }
}

function nameOf({ settlement: { delivery } }: Entry): string {
  try {
    const { task, id } = delivery.message.headers;
    return `${String(task)}[${String(id)}]`;
  } catch {
    return 'one that cannot be read';
  }
}

function giveBack({ settlement }: Entry): Settlement {
  const delivery: Delivery = settlement.delivery;
  return { delivery, as: 'requeue', charge: false };
}
