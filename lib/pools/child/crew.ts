import type { ChildBootError } from '../../errors/index.js';
import type { Clock, Timer } from '../../time/index.js';
import { Child, type ChildJob, type ChildOwner } from './child.js';
import type { ChildRole } from './child-role.js';
import { noTraffic, type ChildDeath, type ChildLauncher, type Traffic } from './launcher.interface.js';
import type { RemoteError } from './remote-error.js';
import { decodeReport } from './report.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;

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
  /** How many; once for all, when the first one has reported. */
  readonly countOf: (report: unknown) => number;
  readonly roleOf: (index: number) => ChildRole;
  /** How long a child may take to leave once told to. @unit milliseconds */
  readonly leaveGraceMs: number;
  readonly onChildExit?: ((exit: ChildExit) => void) | undefined;
}

/** What a crew tells its pool of children and their jobs. */
export interface CrewOwner<Reply> extends Omit<ChildOwner<Reply>, 'up' | 'idle' | 'ended'> {
  /** A child can take jobs. */
  ready(): void;
  /** A child is gone; `left`: the jobs it had, oldest first. */
  gone(child: Child<Reply>, reason: string, left: readonly ChildJob<Reply>[]): void;
}

/**
 * Keeps a pool's children alive: the first one alone, until it has reported, then all; one that dies is replaced at once, one that dies before it did anything
 * after a delay that doubles each time.
 */
export class Crew<Reply> implements ChildOwner<Reply> {
  readonly #children: (Child<Reply> | undefined)[] = [undefined];
  readonly #failures: number[] = [];
  readonly #delays = new Set<Timer>();
  readonly #graces = new Map<Child<Reply>, Timer>();
  readonly #past: Traffic = noTraffic();
  #first: { resolve: (report: unknown) => void; reject: (error: unknown) => void } | undefined;
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  constructor(
    private readonly options: CrewOptions,
    private readonly pool: CrewOwner<Reply>,
  ) {}

  /** Children that it keeps alive: one until that has reported. */
  get size(): number {
    return this.#children.length;
  }

  /** Resolves with the first child's report as soon as it is up; the others then boot beside its work. */
  start(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject };
      this.#launch(0);
    });
  }

  *children(): IterableIterator<Child<Reply>> {
    for (const child of this.#children) if (child) yield child;
  }

  traffic(): Traffic {
    const total = { ...this.#past };
    for (const child of this.children()) addTraffic(total, child.traffic);
    return total;
  }

  /** From now on nobody is replaced; resolves when all are gone. */
  close(): Promise<void> {
    this.#isClosing = true;
    for (const timer of this.#delays) timer.cancel();
    this.#delays.clear();
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
    child.leave();
    this.#graces.set(
      child,
      this.options.clock.setTimer(() => child.kill(), this.options.leaveGraceMs),
    );
  }

  up(child: Child<Reply>, report: string): void {
    if (this.#first) this.#complete(report);
    if (this.#isClosing) this.dismiss(child);
    else this.pool.ready();
  }

  started(job: ChildJob<Reply>): void {
    this.pool.started(job);
  }

  done(job: ChildJob<Reply>, reply: string): void {
    this.pool.done(job, reply);
  }

  idle(child: Child<Reply>): void {
    if (this.#isClosing) this.dismiss(child);
  }

  failed(job: ChildJob<Reply>, error: RemoteError): void {
    this.pool.failed(job, error);
  }

  recalled(job: ChildJob<Reply>, inTime: boolean): void {
    this.pool.recalled(job, inTime);
  }

  ended(child: Child<Reply>, death: ChildDeath, left: readonly ChildJob<Reply>[]): void {
    const { index } = child.role;
    this.#children[index] = undefined;
    this.#graces.get(child)?.cancel();
    this.#graces.delete(child);
    addTraffic(this.#past, child.traffic);

    const reason = `${child.name} ${death.text}${death.error ? ` after ${death.error.name}: ${death.error.message}` : ''}`;
    const bootError = child.lastState === 'booting' && !child.isCondemned ? child.bootError(death) : undefined;
    const replacedInMs = this.#isClosing || this.#first ? undefined : this.#delayFor(index, child.hasStartedJobs);
    const phase = PHASES[child.lastState];
    this.options.onChildExit?.({ index, pid: child.pid, phase, reason, bootError, replacedInMs });
    if (replacedInMs !== undefined) this.#launchIn(index, replacedInMs);
    this.pool.gone(child, reason, left);
    if (this.#first) this.#failFirst(child.bootError(death));
    this.#tellIfEmpty();
  }

  #complete(text: string): void {
    try {
      const report = decodeReport(text);
      const count = this.options.countOf(report);
      for (let index = 1; index < count && !this.#isClosing; index++) this.#launch(index);
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

  #launch(index: number): void {
    try {
      this.#children[index] = new Child(this.options.roleOf(index), this.options.launcher, this);
    } catch (error) {
      if (this.#first) this.#failFirst(error);
      else this.#retry(index, error);
    }
  }

  #retry(index: number, error: unknown): void {
    const replacedInMs = this.#delayFor(index, false);
    const reason = `${this.options.launcher.kind} child ${index} could not be started: ${String(error)}`;
    this.options.onChildExit?.({ index, pid: undefined, phase: 'boot', reason, bootError: undefined, replacedInMs });
    this.#launchIn(index, replacedInMs);
  }

  #launchIn(index: number, delayMs: number): void {
    if (delayMs === 0) return this.#launch(index);
    const timer = this.options.clock.setTimer(() => {
      this.#delays.delete(timer);
      this.#launch(index);
    }, delayMs);
    this.#delays.add(timer);
  }

  #delayFor(index: number, didWork: boolean): number {
    const failures = didWork ? 0 : (this.#failures[index] ?? 0);
    this.#failures[index] = didWork ? 0 : failures + 1;
    return didWork ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
  }

  #tellIfEmpty(): void {
    if (this.#isClosing && this.#children.every((child) => child === undefined)) this.#onEmpty?.();
  }
}

function addTraffic(total: Traffic, more: Traffic): void {
  total.framesSent += more.framesSent;
  total.framesReceived += more.framesReceived;
  total.writes += more.writes;
  total.reads += more.reads;
}
