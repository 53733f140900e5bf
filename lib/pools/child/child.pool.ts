import { ChildBootError, ControlCommandError } from '../../errors/index.js';
import type { TerminationSignal } from '../../options/index.js';
import { describeCancel } from '../cancellation.js';
import { Deadlines } from '../deadlines.js';
import { unstarted } from '../outcomes.js';
import type { Pool, PoolOutcome, RunOptions } from '../pool.interface.js';
import { Resizing } from '../resizing.js';
import { newJob, type Child, type ChildJob } from './child.js';
import { Crew, type CrewOwner } from './crew.js';
import { Dispatcher } from './dispatcher.js';
import { readReply, writeJob } from './job-text.js';
import { MOST_LOOK_AHEAD, wholeNumber, type ChildPoolOptions, type PoolTraffic } from './child-pool.options.js';
import type { RemoteError } from './remote-error.js';
import { StallWatch } from './stall-watch.js';

/**
 * Runs jobs in children that run this program again: processes (`prefork`) or threads (`threads`), by the launcher. `start()` resolves when the first child is up, and work begins there
 * while the others boot; `limit` counts all of them.
 *
 * When a child dies, the jobs whose bodies had begun in it end as `lost`; those that waited in it go to another child, at once and in their order. A child says that a body
 * begins before it does, so with one slot exactly the job that ran is charged; with more, all that ran beside it. Who dies by the pool's own hand charges nobody.
 */
export class ChildPool<Job, Reply> implements Pool<Job, Reply>, CrewOwner<Reply> {
  readonly #slots: number;
  readonly #crew: Crew<Reply>;
  readonly #dispatcher: Dispatcher<Reply>;
  readonly #deadlines: Deadlines;
  readonly #resizing: Resizing;
  #stalls: StallWatch<Reply> | undefined;
  #started: Promise<unknown> | undefined;
  #stopped: Promise<void> | undefined;
  #isKilled = false;
  #given = 0;
  #done = 0;

  /** @throws {InvalidOptionError} when a number is out of range */
  constructor(private readonly options: ChildPoolOptions<Job, Reply>) {
    const {
      name,
      data,
      launcher,
      clock,
      children,
      maxJobs,
      slots = 1,
      lookAhead = 0,
      niceness,
      leaveGraceMs = 5_000,
      onChildExit,
      onRecycled,
    } = options;
    const countOf = (report: unknown): number =>
      wholeNumber('children', typeof children === 'number' ? children : children(report), 1);
    if (typeof children === 'number') countOf(undefined);
    const maxJobsOf = (report: unknown): number | undefined => {
      const most = typeof maxJobs === 'function' ? maxJobs(report) : maxJobs;
      return most === undefined ? undefined : wholeNumber('maxJobs', most, 1);
    };
    if (typeof maxJobs === 'number') maxJobsOf(undefined);
    wholeNumber('slots', slots, 1);
    wholeNumber('lookAhead', lookAhead, 0, MOST_LOOK_AHEAD);
    this.#slots = slots;
    this.#deadlines = new Deadlines(clock);
    this.#resizing = new Resizing(name);
    const role = { kind: launcher.kind, pool: name, slots, niceness, cells: slots + MOST_LOOK_AHEAD, data };
    const crew = {
      launcher,
      clock,
      countOf,
      maxJobsOf,
      leaveGraceMs,
      onChildExit,
      onRecycled,
      roleOf: (index: number) => ({ ...role, index }),
    };
    this.#crew = new Crew<Reply>(crew, this);
    this.#dispatcher = new Dispatcher<Reply>({
      children: () => this.#crew.children(),
      clock,
      slots,
      lookAhead,
      oneIsolated: launcher.sharesProcess,
    });
  }

  get limit(): number {
    return this.size * this.#slots;
  }

  /** Known once `start()` has resolved, where the first child decides it. */
  get size(): number {
    const { children } = this.options;
    return typeof children === 'number' && !this.#crew.isUp ? children : this.#crew.size;
  }

  grow(count: number): void {
    this.#checkResizable();
    this.#resizing.checkGrowth(count, this.size);
    this.#crew.grow(count);
    this.#resizing.tell();
  }

  shrink(count: number): void {
    this.#checkResizable();
    this.#resizing.checkShrinking(count, this.size);
    this.#crew.shrink(count);
    this.#resizing.tell();
  }

  restart(): void {
    this.#checkResizable();
    this.#crew.restart();
  }

  onResize(listener: () => void): void {
    this.#resizing.onResize(listener);
  }

  /** Processes that run bodies; for `threads` this one. Changes when a child is replaced. */
  pids(): readonly number[] {
    return this.#crew.pids();
  }

  async ask(text: string): Promise<string> {
    const serving = this.#crew.children().filter((child) => child.isServing);
    const [child] = serving.toSorted((one, other) => one.count - other.count); // a body that computes answers nothing
    if (child === undefined) throw new ControlCommandError('No child of the pool is ready.');
    return child.ask(text);
  }

  traffic(): PoolTraffic {
    return { ...this.#crew.traffic(), jobs: this.#done };
  }

  /** Changes how many jobs may wait inside each child; those that do stay. */
  setLookAhead(jobs: number): void {
    wholeNumber('lookAhead', jobs, 0, MOST_LOOK_AHEAD);
    this.#dispatcher.setLookAhead(jobs);
  }

  start(): Promise<unknown> {
    this.#started ??= this.#boot();
    return this.#started;
  }

  run(job: Job, options: RunOptions = {}): Promise<PoolOutcome<Reply>> {
    return new Promise((resolve) => this.submit(job, options, resolve));
  }

  submit(job: Job, options: RunOptions, onEnd: (outcome: PoolOutcome<Reply>) => void): void {
    const text = writeJob(this.options.codec, job);
    const { cancellation } = options;
    if (cancellation?.isRequested) return onEnd(unstarted(describeCancel(cancellation.reason)));
    if (this.#stopped) return onEnd(unstarted('the pool is stopping'));
    const entry = newJob(text, options, this.#given++, onEnd);
    cancellation?.onRequest((reason, termination) => this.#cancel(entry, reason, termination));
    this.#dispatcher.add(entry);
  }

  stop(mode: 'drain' | 'kill'): Promise<void> {
    this.#stopped ??= this.#windDown();
    if (mode === 'kill') {
      this.#isKilled = true;
      for (const child of this.#crew.children()) child.kill();
    }
    return this.#stopped;
  }

  retiring(child: Child<Reply>): void {
    this.#dispatcher.empty(child);
  }

  ready(): void {
    this.#dispatcher.fill();
  }

  started(job: ChildJob<Reply>): void {
    const { cancellation, timeLimitMs, onStarted } = job.options;
    if (cancellation?.termination !== undefined) this.#terminate(job, cancellation.termination);
    if (timeLimitMs !== undefined) job.deadline = this.#deadlines.set(timeLimitMs, () => this.#expire(job));
    this.#stalls?.arm();
    onStarted?.({ pid: job.child?.pid ?? process.pid });
  }

  done(job: ChildJob<Reply>, reply: string): void {
    this.#done++;
    this.#end(job, readReply(this.options.codec, reply));
  }

  failed(job: ChildJob<Reply>, error: RemoteError): void {
    const reason = `its runner failed: ${error.name}: ${error.message}`;
    this.#end(job, { as: 'lost', started: true, charged: true, reason });
  }

  recalled(job: ChildJob<Reply>, inTime: boolean): void {
    const { recall } = job;
    job.recall = undefined;
    if (!inTime) return; // it began first, and has been told if it is cancelled
    if (recall?.to === 'end' || this.#stopped) {
      this.#end(job, unstarted(recall?.to === 'end' ? recall.reason : 'the pool is stopping'));
    } else {
      this.#dispatcher.putBack(job);
      this.#dispatcher.fill();
    }
  }

  gone(child: Child<Reply>, reason: string, left: readonly ChildJob<Reply>[]): void {
    for (const job of left) {
      const { cancellation, timeLimitMs: limitMs } = job.options;
      const signal = cancellation?.termination;
      if (job.killedFor === 'time-limit' && limitMs !== undefined) this.#end(job, { as: 'time-limit', limitMs });
      else if (job.killedFor === 'termination' && signal !== undefined) this.#end(job, { as: 'terminated', signal });
      else if (job.state === 'started') {
        this.#end(job, {
          as: 'lost',
          started: true,
          charged: !child.isCondemned,
          reason: this.#isKilled ? 'the pool was stopped' : reason,
        });
      } else if (job.recall?.to === 'end' || this.#stopped) {
        this.#end(job, unstarted(job.recall?.to === 'end' ? job.recall.reason : 'the pool is stopping'));
      } else {
        job.recall = undefined;
        this.#dispatcher.putBack(job);
      }
    }
    this.#dispatcher.fill();
  }

  #checkResizable(): void {
    if (this.#stopped) this.#resizing.refuse(this.size, 'it is stopping.');
    if (!this.#crew.isUp) this.#resizing.refuse(this.size, 'it has not started.');
  }

  async #boot(): Promise<unknown> {
    if (this.#stopped) {
      throw new ChildBootError(`${this.options.launcher.kind} child 0`, 'its pool was stopped before.', undefined);
    }
    try {
      const report = await this.#crew.start();
      const { clock, stalls } = this.options;
      const afterMs = stalls?.afterMs(report) ?? 0;
      this.#stalls = stalls && new StallWatch({ children: () => this.#crew.children(), clock, ...stalls, afterMs });
      return report;
    } catch (error) {
      void this.stop('kill');
      throw error;
    }
  }

  async #windDown(): Promise<void> {
    this.#dispatcher.close();
    const waiting = this.#dispatcher.takeWaiting();
    const gone = this.#crew.close();
    for (const job of waiting) this.#end(job, unstarted('the pool is stopping'));
    for (const child of this.#crew.children()) {
      for (const job of child.jobs()) this.#takeBack(job, 'the pool is stopping');
      if (child.count === 0) this.#crew.dismiss(child);
    }
    await gone;
    this.#deadlines.close();
    this.#stalls?.close();
  }

  #cancel(job: ChildJob<Reply>, reason: unknown, termination: TerminationSignal | undefined): void {
    if (job.state === 'ended') return;
    if (job.state === 'started' && termination !== undefined) return this.#terminate(job, termination);
    if (job.state === 'waiting') return this.#end(job, unstarted(describeCancel(reason)));
    this.#takeBack(job, describeCancel(reason));
    job.child?.cancel(job, reason);
  }

  /** Ends a job that waits in its child, unless it starts first. */
  #takeBack(job: ChildJob<Reply>, reason: string): void {
    if (job.state !== 'sent') return;
    const isAsked = job.recall !== undefined;
    job.recall = { to: 'end', reason };
    if (!isAsked) job.child?.recall(job);
  }

  #expire(job: ChildJob<Reply>): void {
    job.killedFor ??= 'time-limit';
    job.child?.kill();
  }

  #terminate(job: ChildJob<Reply>, signal: TerminationSignal): void {
    job.killedFor ??= 'termination';
    job.child?.kill(signal);
  }

  /** The one way out for a job. */
  #end(job: ChildJob<Reply>, outcome: PoolOutcome<Reply>): void {
    job.state = 'ended';
    job.child = undefined;
    if (job.deadline) this.#deadlines.clear(job.deadline);
    job.onEnd(outcome);
    this.#dispatcher.fill();
  }
}
