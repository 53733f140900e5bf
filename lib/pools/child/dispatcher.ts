import type { Clock, Timer } from '../../time/index.js';
import { WaitingLine } from '../waiting-line.js';
import type { Child, ChildJob } from './child.js';

/** How long a job waits inside a child, while another child is free, before it is asked for. */
const PATIENCE_MS = 25;

export interface DispatcherOptions<Reply> {
  readonly children: () => readonly Child<Reply>[];
  readonly clock: Clock;
  /** Bodies a child runs at once. */
  readonly slots: number;
  readonly lookAhead: number;
  /** Whether isolated jobs run one at a time. */
  readonly oneIsolated: boolean;
}

/**
 * Decides which job goes to which child: the oldest to the child with the fewest. A job that was sent ahead to a child that turned out to be busy is asked for again
 * as soon as another child stands idle. An isolated job gets a child that is empty; if none is, one is kept free of others until it is.
 */
export class Dispatcher<Reply> {
  readonly #waiting = new WaitingLine<ChildJob<Reply>>();
  readonly #isolated = new WaitingLine<ChildJob<Reply>>();
  #isOpen = true;
  #lookAhead: number;
  #keptFree: Child<Reply> | undefined;
  #alone: ChildJob<Reply> | undefined;
  #patience: Timer | undefined;

  constructor(private readonly options: DispatcherOptions<Reply>) {
    this.#lookAhead = options.lookAhead;
  }

  setLookAhead(jobs: number): void {
    this.#lookAhead = jobs;
    this.fill();
  }

  add(job: ChildJob<Reply>): void {
    this.#lineOf(job).push(job);
    this.fill();
  }

  /** Takes one back that was sent but never started. It keeps its place in the order; `fill` sends it on. */
  putBack(job: ChildJob<Reply>): void {
    job.state = 'waiting';
    job.child = undefined;
    this.#lineOf(job).putBack(job);
  }

  /** Asks for all that has not started in it. */
  empty(child: Child<Reply>): void {
    this.#recall(child.jobs().filter(isQueued));
  }

  takeWaiting(): ChildJob<Reply>[] {
    return [...this.#waiting.takeAll(), ...this.#isolated.takeAll()];
  }

  /** Sends nothing from now on. */
  close(): void {
    this.#isOpen = false;
    this.#patience?.cancel();
    this.#patience = undefined;
  }

  fill(): void {
    if (!this.#isOpen) return;
    for (;;) {
      this.#placeIsolated();
      if (!this.#waiting.peek()) break;
      const child = this.#emptiest(this.options.slots + this.#lookAhead);
      if (!child) break;
      child.give(this.#waiting.shift() as ChildJob<Reply>, this.options.clock.monotonic());
    }
    if (!this.#patience && this.#countIdleSlots() > 0 && this.#hasQueued()) {
      this.#patience = this.options.clock.setTimer(() => this.#rebalance(), PATIENCE_MS);
    }
  }

  #placeIsolated(): void {
    for (let job = this.#isolated.peek(); ; job = this.#isolated.peek()) {
      const child = this.#childForIsolated(job);
      if (!job || !child) return;
      child.isReserved = true;
      if (child.count > 0) {
        if (this.#keptFree !== child) this.empty(child);
        this.#keptFree = child;
        return;
      }
      this.#keptFree = undefined;
      this.#isolated.shift();
      this.#alone = job;
      child.give(job, this.options.clock.monotonic());
    }
  }

  #childForIsolated(job: ChildJob<Reply> | undefined): Child<Reply> | undefined {
    const kept = this.#keptFree;
    if (kept && (!job || !kept.isServing)) {
      kept.isReserved = false;
      this.#keptFree = undefined;
    }
    if (!job || job.order > (this.#waiting.peek()?.order ?? Infinity)) return undefined;
    const isTaken = this.options.oneIsolated && (this.#alone?.state === 'sent' || this.#alone?.state === 'started');
    return isTaken ? undefined : (this.#keptFree ?? this.#emptiest(Infinity));
  }

  #emptiest(most: number): Child<Reply> | undefined {
    let best: Child<Reply> | undefined;
    for (const child of this.options.children()) {
      if (child.canTake(most) && (!best || child.count < best.count)) best = child;
    }
    return best;
  }

  /** Asks for as many of the jobs that wait in busy children as there are idle slots, the oldest first. */
  #rebalance(): void {
    this.#patience = undefined;
    const sentBefore = this.options.clock.monotonic() - PATIENCE_MS;
    const queued = this.#queued().filter((job) => job.sentAtMs <= sentBefore);
    queued.sort((one, other) => one.order - other.order);
    this.#recall(queued.slice(0, this.#countIdleSlots()));
    this.fill();
  }

  #recall(jobs: readonly ChildJob<Reply>[]): void {
    for (const job of jobs) {
      job.recall = { to: 'wait' };
      job.child?.recall(job);
    }
  }

  #queued(): ChildJob<Reply>[] {
    const { slots } = this.options;
    return this.options.children().flatMap((child) => (child.count > slots ? child.jobs().filter(isQueued) : []));
  }

  #hasQueued(): boolean {
    for (const child of this.options.children())
      if (child.count > this.options.slots && child.unstarted > 0) return true;
    return false;
  }

  #countIdleSlots(): number {
    const { slots } = this.options;
    let idle = 0;
    for (const child of this.options.children()) if (child.canTake(slots)) idle += slots - child.count;
    return idle;
  }

  #lineOf(job: ChildJob<Reply>): WaitingLine<ChildJob<Reply>> {
    return job.options.isolated ? this.#isolated : this.#waiting;
  }
}

/** Waits in its child, and is not asked for already. */
function isQueued(job: Pick<ChildJob<unknown>, 'state' | 'recall'>): boolean {
  return job.state === 'sent' && job.recall === undefined;
}
