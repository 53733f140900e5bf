import { JobAbandonedError } from '../../errors/index.js';
import type { TerminationSignal } from '../../options/index.js';
import type { Clock } from '../../time/index.js';
import { BodyControl } from '../body-control.js';
import { describeCancel } from '../cancellation.js';
import { Deadlines, type Deadline } from '../deadlines.js';
import { unstarted } from '../outcomes.js';
import type { JobRunner, Pool, PoolOutcome, RunOptions } from '../pool.interface.js';
import { Resizing } from '../resizing.js';
import { Roster, type Place } from '../roster.js';
import { WaitingLine } from '../waiting-line.js';

/** A body that the pool no longer waits for, which may go on for all that. */
export interface AbandonedBody<Job> {
  readonly job: Job;
  readonly reason: string;
  /** Resolves when it ends after all. */
  readonly ended: Promise<void>;
}

export interface InlinePoolOptions<Job, Reply> {
  readonly runner: JobRunner<Job, Reply>;
  readonly clock: Clock;
  /** As errors know it. @defaultValue 'async' */
  readonly name?: string | undefined;
  /** Bodies run at once. */
  readonly limit: number;
  /** Told of each body that was given up on: at its hard limit, when terminated, or by `stop('kill')`. */
  readonly onAbandoned?: ((body: AbandonedBody<Job>) => void) | undefined;
}

interface InlineJob<Job, Reply> {
  readonly job: Job;
  readonly options: RunOptions;
  readonly order: number;
  readonly control: BodyControl;
  readonly onEnd: (outcome: PoolOutcome<Reply>) => void;
  state: 'waiting' | 'running' | 'ended';
  deadline: Deadline | undefined;
  body: Promise<void> | undefined;
  /** Among those that run. */
  place: Place<InlineJob<Job, Reply>> | undefined;
}

/**
 * Runs bodies on this process's event loop. A body cannot be killed here: at its hard limit its signal is aborted, its slot is given to the next job and its late reply is
 * ignored. That needs a loop that turns: a body that blocks it is ended by whoever watches the process.
 */
export class InlinePool<Job, Reply> implements Pool<Job, Reply> {
  readonly #resizing: Resizing;
  readonly #running = new Roster<InlineJob<Job, Reply>>();
  readonly #waiting = new WaitingLine<InlineJob<Job, Reply>>();
  readonly #isolated = new WaitingLine<InlineJob<Job, Reply>>();
  readonly #deadlines: Deadlines;
  readonly #idleWaiters: (() => void)[] = [];
  #state: 'new' | 'open' | 'stopping' = 'new';
  #isolatedRuns = false;
  #isFilling = false;
  #given = 0;
  #limit: number;

  constructor(private readonly options: InlinePoolOptions<Job, Reply>) {
    this.#limit = options.limit;
    this.#resizing = new Resizing(options.name ?? 'async');
    this.#deadlines = new Deadlines(options.clock);
  }

  get limit(): number {
    return this.#limit;
  }

  get size(): number {
    return this.#limit;
  }

  grow(count: number): void {
    this.#checkOpen();
    this.#resizing.checkGrowth(count, this.#limit);
    this.#limit += count;
    this.#fill();
    this.#resizing.tell();
  }

  /** What runs beyond the new limit ends in its own time. */
  shrink(count: number): void {
    this.#checkOpen();
    this.#resizing.checkShrinking(count, this.#limit);
    this.#limit -= count;
    this.#resizing.tell();
  }

  onResize(listener: () => void): void {
    this.#resizing.onResize(listener);
  }

  async start(): Promise<undefined> {
    if (this.#state === 'new') this.#state = 'open';
    this.#fill();
  }

  run(job: Job, options: RunOptions = {}): Promise<PoolOutcome<Reply>> {
    return new Promise((resolve) => this.submit(job, options, resolve));
  }

  submit(job: Job, options: RunOptions, onEnd: (outcome: PoolOutcome<Reply>) => void): void {
    const { cancellation } = options;
    if (cancellation?.isRequested) return onEnd(unstarted(describeCancel(cancellation.reason)));
    if (this.#state === 'stopping') return onEnd(unstarted('the pool is stopping'));
    const entry: InlineJob<Job, Reply> = {
      job,
      options,
      onEnd,
      order: this.#given++,
      control: new BodyControl(),
      state: 'waiting',
      deadline: undefined,
      body: undefined,
      place: undefined,
    };
    cancellation?.onRequest((reason, termination) => this.#cancel(entry, reason, termination));
    (options.isolated ? this.#isolated : this.#waiting).push(entry);
    this.#fill();
  }

  async stop(mode: 'drain' | 'kill'): Promise<void> {
    this.#state = 'stopping';
    for (const entry of [...this.#waiting.takeAll(), ...this.#isolated.takeAll()])
      this.#end(entry, unstarted('the pool is stopping'));
    if (mode === 'kill') {
      for (const entry of this.#running) {
        this.#abandon(
          entry,
          { as: 'lost', started: true, charged: false, reason: 'the pool was stopped' },
          'the pool was stopped',
        );
      }
    }
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    this.#deadlines.close();
  }

  #checkOpen(): void {
    if (this.#state === 'new') this.#resizing.refuse(this.#limit, 'it has not started.');
    if (this.#state === 'stopping') this.#resizing.refuse(this.#limit, 'it is stopping.');
  }

  /** Bodies that end at once make room while it runs, so it is not entered again. */
  #fill(): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    while (this.#state === 'open' && this.#running.size < this.#limit) {
      const entry = this.#next();
      if (!entry) break;
      this.#begin(entry);
    }
    this.#isFilling = false;
  }

  #next(): InlineJob<Job, Reply> | undefined {
    const suspect = this.#isolatedRuns ? undefined : this.#isolated.peek();
    const other = this.#waiting.peek();
    if (suspect && (!other || suspect.order < other.order)) return this.#isolated.shift();
    return this.#waiting.shift();
  }

  #begin(entry: InlineJob<Job, Reply>): void {
    const { job, options, control } = entry;
    entry.state = 'running';
    entry.place = this.#running.add(entry);
    if (options.isolated) this.#isolatedRuns = true;
    const { timeLimitMs } = options;
    if (timeLimitMs !== undefined)
      entry.deadline = this.#deadlines.set(timeLimitMs, () => this.#expire(entry, timeLimitMs));
    options.onStarted?.({ pid: process.pid });

    let reply: Reply | Promise<Reply>;
    try {
      reply = this.options.runner.run(job, control);
    } catch (error) {
      return this.#fail(entry, error);
    }
    if (!(reply instanceof Promise)) return this.#end(entry, { as: 'done', reply });
    entry.body = reply.then(
      (late) => this.#end(entry, { as: 'done', reply: late }),
      (error: unknown) => this.#fail(entry, error),
    );
  }

  #fail(entry: InlineJob<Job, Reply>, error: unknown): void {
    this.#end(entry, { as: 'lost', started: true, charged: true, reason: `its runner failed: ${String(error)}` });
  }

  #expire(entry: InlineJob<Job, Reply>, limitMs: number): void {
    this.#abandon(entry, { as: 'time-limit', limitMs }, `it ran into its hard limit of ${limitMs} ms`);
  }

  #cancel(entry: InlineJob<Job, Reply>, reason: unknown, signal: TerminationSignal | undefined): void {
    if (entry.state === 'waiting') this.#end(entry, unstarted(describeCancel(reason)));
    else if (entry.state === 'running' && signal !== undefined) {
      this.#abandon(entry, { as: 'terminated', signal }, 'it was terminated');
    } else if (entry.state === 'running') entry.control.abort(reason);
  }

  #abandon(entry: InlineJob<Job, Reply>, outcome: PoolOutcome<Reply>, reason: string): void {
    entry.control.abort(new JobAbandonedError(reason)); // before its slot goes to the next one
    this.#end(entry, outcome);
    this.options.onAbandoned?.({ job: entry.job, reason, ended: entry.body ?? Promise.resolve() });
  }

  /** The one way out for a job; what comes after the first is ignored. */
  #end(entry: InlineJob<Job, Reply>, outcome: PoolOutcome<Reply>): void {
    if (entry.state === 'ended') return;
    entry.state = 'ended';
    if (entry.place && this.#running.remove(entry.place) && entry.options.isolated) this.#isolatedRuns = false;
    if (entry.deadline) this.#deadlines.clear(entry.deadline);
    entry.onEnd(outcome);
    this.#fill();
    if (this.#running.size === 0) for (const wake of this.#idleWaiters.splice(0)) wake();
  }
}
