import type { ChildBootError } from '../../errors/index.js';
import type { Clock, Timer } from '../../time/index.js';
import { Child, type ChildJob, type ChildOwner } from './child.js';
import type { ChildRole } from './child-role.js';
import { noTraffic, type ChildDeath, type ChildLauncher, type Traffic } from './launcher.interface.js';
import { freeIndex, leastBusy, Post } from './post.js';
import { Recycler, type ChildRecycling } from './recycler.js';
import type { RemoteError } from './remote-error.js';
import { decodeReport } from './report.js';

const PHASES = { booting: 'boot', ready: 'service', leaving: 'leave' } as const;

/** One child's end, for the log. */
export interface ChildExit {
  readonly index: number;
  readonly pid: number | undefined;
  /** What it was doing: it had not yet reported, it served, or it was told to go. */
  readonly phase: 'boot' | 'service' | 'leave';
  readonly reason: string;
  /** Set where it ended before it could report. */
  readonly bootError: ChildBootError | undefined;
  /** When another takes its place, from now; `undefined`: none will. @unit milliseconds */
  readonly replacedInMs: number | undefined;
}

export interface CrewOptions {
  readonly launcher: ChildLauncher;
  readonly clock: Clock;
  /** How many to begin with, when the first one has reported. */
  readonly countOf: (report: unknown) => number;
  /** Jobs after which a child is replaced; asked when the first one has reported. */
  readonly maxJobsOf: (report: unknown) => number | undefined;
  readonly onRecycled?: ((recycling: ChildRecycling) => void) | undefined;
  readonly roleOf: (index: number) => ChildRole;
  /** How long a child may take to leave once told to. @unit milliseconds */
  readonly leaveGraceMs: number;
  readonly onChildExit?: ((exit: ChildExit) => void) | undefined;
}

/** What a crew tells its pool of children and their jobs. */
export interface CrewOwner<Reply> extends Omit<ChildOwner<Reply>, 'up' | 'idle' | 'ended' | 'tooLarge'> {
  /** A child can take jobs. */
  ready(): void;
  /** A child is to go once it has no jobs: those that have not started are wanted back. */
  retiring(child: Child<Reply>): void;
  /** A child is gone; `left`: the jobs it had, oldest first. */
  gone(child: Child<Reply>, reason: string, left: readonly ChildJob<Reply>[]): void;
}

/**
 * Keeps a pool's children alive: the first one alone, until it has reported, then all; one that dies is replaced at once, one that dies before it did anything
 * after a delay that doubles each time. Who retires has left its post, to a successor or for good, and goes once its jobs have ended.
 */
export class Crew<Reply> implements ChildOwner<Reply> {
  readonly #posts: Post<Reply>[] = [new Post(0)];
  readonly #postOf = new Map<Child<Reply>, Post<Reply>>();
  readonly #graces = new Map<Child<Reply>, Timer>();
  readonly #past: Traffic = noTraffic();
  readonly #recycler: Recycler<Reply>;
  #children: readonly Child<Reply>[] = [];
  #first: { resolve: (report: unknown) => void; reject: (error: unknown) => void } | undefined;
  #isUp = false;
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  constructor(
    private readonly options: CrewOptions,
    private readonly pool: CrewOwner<Reply>,
  ) {
    this.#recycler = new Recycler({
      clock: options.clock,
      size: () => this.size,
      beginSuccession: (child) => this.#beginSuccession(child),
      onRecycled: options.onRecycled,
    });
  }

  /** Whether the first child has reported. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Children that it keeps alive: one until that has reported. */
  get size(): number {
    return this.#posts.length;
  }

  /** Resolves with the first child's report as soon as it is up; the others then boot beside its work. */
  start(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject };
      this.#launch(this.#posts[0] as Post<Reply>);
    });
  }

  /** All that live, those that retire included. */
  children(): readonly Child<Reply>[] {
    return this.#children;
  }

  /** Each once. */
  pids(): readonly number[] {
    const pids = this.children().map(({ pid }) => pid);
    return [...new Set(pids.filter((pid) => pid !== undefined))];
  }

  traffic(): Traffic {
    const total = { ...this.#past };
    for (const child of this.#children) addTraffic(total, child.traffic);
    return total;
  }

  grow(count: number): void {
    for (let added = 0; added < count && !this.#isClosing; added++) {
      const post = new Post<Reply>(freeIndex(this.#posts));
      this.#posts.push(post);
      this.#launch(post);
    }
  }

  shrink(count: number): void {
    for (const post of leastBusy(this.#posts, count)) {
      this.#posts.splice(this.#posts.indexOf(post), 1);
      post.delay?.cancel();
      for (const child of [post.child, post.successor]) if (child) this.#retire(child);
    }
  }

  /** Has all succeeded; who boots, too, since it may have read what has changed before it did. */
  restart(): void {
    for (const { child, successor } of this.#posts) {
      for (const each of [child, successor]) if (each) this.#recycler.restart(each);
    }
  }

  /** From now on nobody is replaced; resolves when all are gone. */
  close(): Promise<void> {
    this.#isClosing = true;
    this.#recycler.close();
    for (const post of this.#posts) post.delay?.cancel();
    return new Promise((resolve) => {
      const before = this.#onEmpty;
      this.#onEmpty = () => {
        before?.();
        resolve();
      };
      this.#tellIfEmpty();
    });
  }

  /** Tells a child without jobs to go, and sees to it that it does. */
  dismiss(child: Child<Reply>): void {
    if (child.state === 'booting') child.kill();
    if (child.state !== 'ready') return;
    this.#graces.set(
      child,
      this.options.clock.setTimer(() => child.kill(), this.options.leaveGraceMs),
    );
    child.leave();
  }

  up(child: Child<Reply>, report: string): void {
    if (this.#first) this.#complete(report);
    if (this.#isClosing) return this.dismiss(child);
    const post = this.#postOf.get(child);
    if (post?.successor === child) this.#succeed(post, child);
    this.pool.ready();
  }

  started(job: ChildJob<Reply>): void {
    this.pool.started(job);
    if (job.child) this.#recycler.started(job.child);
  }

  done(job: ChildJob<Reply>, reply: string): void {
    this.pool.done(job, reply);
  }

  tooLarge(child: Child<Reply>, memoryBytes: number): void {
    this.#recycler.takesTooMuch(child, memoryBytes);
  }

  idle(child: Child<Reply>): void {
    if (this.#isClosing || child.isRetiring) this.dismiss(child);
  }

  failed(job: ChildJob<Reply>, error: RemoteError): void {
    this.pool.failed(job, error);
  }

  recalled(job: ChildJob<Reply>, inTime: boolean): void {
    this.pool.recalled(job, inTime);
  }

  ended(child: Child<Reply>, death: ChildDeath, left: readonly ChildJob<Reply>[]): void {
    const post = this.#postOf.get(child);
    const isVacant = post?.leave(child) === 'vacant';
    this.#forget(child);
    const reason = `${child.name} ${death.text}${death.error ? ` after ${death.error.name}: ${death.error.message}` : ''}`;
    const bootError = child.lastState === 'booting' && !child.isCondemned ? child.bootError(death) : undefined;
    const isKept = post !== undefined && !this.#isClosing && !this.#first;
    const delayMs = isKept && isVacant ? post.delayAfter(child.startedJobs > 0) : undefined;
    const replacedInMs = isKept ? (delayMs ?? 0) : undefined; // its successor boots already
    const phase = PHASES[child.lastState];
    this.options.onChildExit?.({ index: child.role.index, pid: child.pid, phase, reason, bootError, replacedInMs });
    if (isKept && delayMs !== undefined) this.#launchIn(post, delayMs);
    this.pool.gone(child, reason, left);
    if (this.#first) this.#failFirst(child.bootError(death));
    this.#tellIfEmpty();
  }

  #forget(child: Child<Reply>): void {
    this.#recycler.forget(child);
    this.#postOf.delete(child);
    this.#children = this.#children.filter((each) => each !== child);
    this.#graces.get(child)?.cancel();
    this.#graces.delete(child);
    addTraffic(this.#past, child.traffic);
  }

  #beginSuccession(child: Child<Reply>): void {
    const post = this.#postOf.get(child);
    if (post && !this.#isClosing) this.#launch(post);
  }

  #succeed(post: Post<Reply>, successor: Child<Reply>): void {
    const before = post.succeed(successor);
    if (!before) return;
    this.#recycler.succeeded(before, successor);
    this.#retire(before);
  }

  #retire(child: Child<Reply>): void {
    this.#postOf.delete(child);
    this.#recycler.forget(child);
    child.isRetiring = true;
    if (child.count === 0) this.dismiss(child);
    else this.pool.retiring(child);
  }

  #complete(text: string): void {
    try {
      const report = decodeReport(text);
      const count = this.options.countOf(report);
      this.#recycler.maxJobs = this.options.maxJobsOf(report);
      this.#isUp = true;
      this.grow(count - 1);
      this.#first?.resolve(report);
      this.#first = undefined;
    } catch (error) {
      this.#failFirst(error);
    }
  }

  #failFirst(error: unknown): void {
    const first = this.#first;
    this.#first = undefined;
    first?.reject(error);
  }

  #launch(post: Post<Reply>): void {
    try {
      const child = new Child(this.options.roleOf(post.index), this.options.launcher, this);
      if (post.child) post.successor = child;
      else post.child = child;
      this.#postOf.set(child, post);
      this.#children = [...this.#children, child];
    } catch (error) {
      if (this.#first) this.#failFirst(error);
      else this.#retry(post, error);
    }
  }

  #retry(post: Post<Reply>, error: unknown): void {
    const { index } = post;
    const replacedInMs = post.delayAfter(false);
    const reason = `${this.options.launcher.kind} child ${index} could not be started: ${String(error)}`;
    this.options.onChildExit?.({ index, pid: undefined, phase: 'boot', reason, bootError: undefined, replacedInMs });
    this.#launchIn(post, replacedInMs);
  }

  #launchIn(post: Post<Reply>, delayMs: number): void {
    post.delay?.cancel(); // that of a successor for one who has gone
    if (delayMs === 0) return this.#launch(post);
    post.delay = this.options.clock.setTimer(() => this.#launch(post), delayMs);
  }

  #tellIfEmpty(): void {
    if (this.#isClosing && this.#children.length === 0) this.#onEmpty?.();
  }
}

function addTraffic(total: Traffic, more: Traffic): void {
  total.framesSent += more.framesSent;
  total.framesReceived += more.framesReceived;
  total.writes += more.writes;
  total.reads += more.reads;
}
