import type { Clock, Timer } from '../../time/index.js';
import type { Child } from './child.js';

/**
 * A boot takes a core of as many as there are children, and more with V8's threads, the end of the one before and code that is not compiled yet: with this rest, six boots long for two of
 * them, no more than a tenth of what a busy pool computes.
 */
const REST_BY_BOOT = 12;

/** A child that is replaced, for the log. */
export interface ChildRecycling {
  readonly index: number;
  /** As logs know it. */
  readonly name: string;
  /** Why: it has run so many jobs, takes so much memory, or the whole pool is restarted. */
  readonly because: { readonly jobs: number } | { readonly memoryBytes: number } | { readonly restart: true };
  /** Jobs that still run in it, and jobs that waited in it, which others run. */
  readonly running: number;
  readonly returned: number;
  /** Who takes its place, and how long it took to boot. */
  readonly successor: string;
  readonly bootMs: number;
}

export interface RecyclerOptions<Reply> {
  readonly clock: Clock;
  /** Children of the pool, now. */
  readonly size: () => number;
  /** Boots a successor beside the child; says when it is up by `succeeded`. */
  readonly beginSuccession: (child: Child<Reply>) => void;
  readonly onRecycled: ((recycling: ChildRecycling) => void) | undefined;
}

type Cause = ChildRecycling['because'];

/**
 * Has children replaced that have run enough, take too much memory or are to begin anew, one after the other, each by a successor that boots while it still
 * works. Between two boots lies a rest where jobs are the reason: where jobs are shorter than boots, recycling would take most of the time otherwise.
 *
 *   serving --due--> waits for its turn --begin--> has a successor that boots --succeeded--> retires
 */
export class Recycler<Reply> {
  /** After which a child is due. */
  maxJobs: number | undefined;
  readonly #due = new Map<Child<Reply>, Cause>();
  #current: { readonly child: Child<Reply>; readonly cause: Cause; readonly sinceMs: number } | undefined;
  #restUntilMs = -Infinity;
  #rest: Timer | undefined;
  #isClosed = false;

  constructor(private readonly options: RecyclerOptions<Reply>) {}

  /** A job begins in it. Called for each job. */
  started(child: Child<Reply>): void {
    if (child.startedJobs === this.maxJobs && !child.isRetiring) this.#add(child, { jobs: child.startedJobs });
  }

  takesTooMuch(child: Child<Reply>, memoryBytes: number): void {
    if (!child.isRetiring) this.#add(child, { memoryBytes });
  }

  /** It is to begin anew. */
  restart(child: Child<Reply>): void {
    if (!child.isRetiring) this.#add(child, { restart: true });
  }

  /** The successor of a child is up; the child is about to retire. */
  succeeded(child: Child<Reply>, successor: Child<Reply>): void {
    const { clock, onRecycled, size } = this.options;
    const nowMs = clock.monotonic();
    const current = this.#current;
    if (current?.child !== child) return;
    const bootMs = nowMs - current.sinceMs;
    this.#current = undefined;
    this.#restUntilMs = nowMs + (bootMs * REST_BY_BOOT) / Math.max(2, size());
    onRecycled?.({
      index: child.role.index,
      name: child.name,
      because: 'jobs' in current.cause ? { jobs: child.startedJobs } : current.cause,
      running: child.count - child.unstarted,
      returned: child.unstarted,
      successor: successor.name,
      bootMs,
    });
    this.#proceed();
  }

  /** It has gone, or goes, for another reason. */
  forget(child: Child<Reply>): void {
    this.#due.delete(child);
    if (this.#current?.child !== child) return;
    this.#current = undefined;
    this.#proceed();
  }

  /** From now on nobody is succeeded. */
  close(): void {
    this.#isClosed = true;
    this.#due.clear();
    this.#rest?.cancel();
  }

  #add(child: Child<Reply>, cause: Cause): void {
    if (this.#isClosed || this.#current?.child === child) return;
    this.#due.set(child, cause);
    this.#proceed();
  }

  #proceed(): void {
    this.#rest?.cancel();
    this.#rest = undefined;
    const next = this.#current ? undefined : this.#next();
    if (next === undefined) return;
    const { beginSuccession, clock } = this.options;
    const nowMs = clock.monotonic();
    const [child, cause] = next;
    if ('jobs' in cause && nowMs < this.#restUntilMs) {
      this.#rest = clock.setTimer(() => this.#proceed(), this.#restUntilMs - nowMs);
      return;
    }
    this.#due.delete(child);
    this.#current = { child, cause, sinceMs: nowMs };
    beginSuccession(child);
  }

  /** Who has run enough goes last. */
  #next(): [Child<Reply>, Cause] | undefined {
    let first: [Child<Reply>, Cause] | undefined;
    for (const entry of this.#due) {
      if (!('jobs' in entry[1])) return entry;
      first ??= entry;
    }
    return first;
  }
}
