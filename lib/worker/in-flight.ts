import type { Delivery } from '../brokers/index.js';
import { Roster, type Cancellation, type Place } from '../pools/index.js';
import type { TaskHead } from '../protocol/index.js';
import type { TaskTraits } from './task-traits.js';

/** A delivery that the pool has, from handing it over until it is settled. */
export interface InFlight {
  readonly delivery: Delivery;
  readonly head: TaskHead;
  readonly traits: TaskTraits;
  /** Cancels what has not started; a started body sees its signal abort. */
  readonly cancellation: Cancellation;
  readonly handedAtMs: number;
  startedAtMs: number | undefined;
  /** The process that its body runs in. */
  pid: number | undefined;
  /** Acknowledged before it ran: it can no longer be given back. */
  readonly isAckedEarly: boolean;
  /** Why it was cancelled. Before it started that decides whether it is released or revoked; `cancel` and `terminate` are for those that run. */
  cancelledAs: 'release' | 'revoke' | 'cancel' | 'terminate' | undefined;
  /** Monitors are told what becomes of it. */
  readonly isTold: boolean;
  /** The pool is done with it; what is left is to settle it. */
  hasEnded: boolean;
  /** In the table. */
  place?: Place<InFlight> | undefined;
}

/** All deliveries a worker has handed to its pool. */
export class InFlightTable {
  private readonly entries = new Roster<InFlight>();
  private waiters: (() => void)[] = [];
  private endedCount = 0;
  private addedCount = 0;

  get size(): number {
    return this.entries.size;
  }

  /** Those that only have to be settled. */
  get settling(): number {
    return this.endedCount;
  }

  /** All that were ever added. */
  get total(): number {
    return this.addedCount;
  }

  /** Those whose bodies run. */
  get running(): number {
    let count = 0;
    for (const { startedAtMs, hasEnded } of this.entries) if (startedAtMs !== undefined && !hasEnded) count += 1;
    return count;
  }

  add(entry: InFlight): void {
    this.addedCount += 1;
    entry.place = this.entries.add(entry);
  }

  /** The pool has room for another: the next take need not wait until this one is settled. */
  end(entry: InFlight): void {
    entry.hasEnded = true;
    this.endedCount += 1;
    this.wake();
  }

  remove(entry: InFlight): void {
    if (entry.place) this.entries.remove(entry.place);
    if (entry.hasEnded) this.endedCount -= 1;
    this.wake();
  }

  /** Of those that have not started, oldest first. */
  *unstarted(): Iterable<InFlight> {
    for (const entry of this.entries) {
      if (entry.startedAtMs === undefined) yield entry;
    }
  }

  *[Symbol.iterator](): Iterator<InFlight> {
    yield* this.entries;
  }

  /** Resolves at the next change: something ended, or `wake` was called. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  wake(): void {
    if (this.waiters.length === 0) return;
    const waiters = this.waiters;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** Cancels one that has not started. Returns whether it was one. */
export function cancelUnstarted(entry: InFlight, as: 'release' | 'revoke', reason?: Error): boolean {
  if (entry.startedAtMs !== undefined || (as === 'release' && entry.isAckedEarly)) return false;
  entry.cancelledAs ??= as;
  entry.cancellation.request(reason);
  return true;
}
