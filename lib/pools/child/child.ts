import { ChildBootError, ControlCommandError } from '../../errors/index.js';
import type { TerminationSignal } from '../../options/index.js';
import type { PoolOutcome, RunOptions } from '../pool.interface.js';
import type { Deadline } from '../deadlines.js';
import { CHANNEL_FD, type ChildRole } from './child-role.js';
import { turnAfter } from './claims.js';
import { frame, numbersOf, restOf } from './frames.js';
import type { ChildDeath, ChildLauncher, ChildLink, ChildListener, Traffic } from './launcher.interface.js';
import { decodeError, encodeError, rebuildError, type RemoteError } from './remote-error.js';

/** A job of a pool with children; `sent`: it waits inside a child. */
export interface ChildJob<Reply> {
  readonly text: string;
  readonly options: RunOptions;
  readonly order: number;
  readonly onEnd: (outcome: PoolOutcome<Reply>) => void;
  state: 'waiting' | 'sent' | 'started' | 'ended';
  child: Child<Reply> | undefined;
  cell: number;
  turn: number;
  sentAtMs: number;
  deadline: Deadline | undefined;
  /** Set when its child is being killed for it: it ran into its limit, or is to be terminated. */
  killedFor: 'time-limit' | 'termination' | undefined;
  /** Why it is wanted back from its child, unless it started: to wait for another one, or to end. */
  recall: { readonly to: 'wait' } | { readonly to: 'end'; readonly reason: string } | undefined;
}

/** One that waits in the pool. */
export function newJob<Reply>(
  text: string,
  options: RunOptions,
  order: number,
  onEnd: (outcome: PoolOutcome<Reply>) => void,
): ChildJob<Reply> {
  return {
    text,
    options,
    order,
    onEnd,
    state: 'waiting',
    child: undefined,
    cell: 0,
    turn: 0,
    sentAtMs: 0,
    deadline: undefined,
    killedFor: undefined,
    recall: undefined,
  };
}

/** What a child tells the pool. */
export interface ChildOwner<Reply> {
  up(child: Child<Reply>, report: string): void;
  started(job: ChildJob<Reply>): void;
  done(job: ChildJob<Reply>, reply: string): void;
  failed(job: ChildJob<Reply>, error: RemoteError): void;
  recalled(job: ChildJob<Reply>, inTime: boolean): void;
  /** It takes more memory than it may. */
  tooLarge(child: Child<Reply>, memoryBytes: number): void;
  /** It has no jobs any more. */
  idle(child: Child<Reply>): void;
  /** With the jobs it still had, oldest first. */
  ended(child: Child<Reply>, death: ChildDeath, jobs: readonly ChildJob<Reply>[]): void;
}

/**
 * One child as its supervisor sees it. States: `booting` until it reports, `ready`, `leaving` once told to go, `ended`. A job has a cell from `give` until it is
 * done, recalled or lost.
 */
export class Child<Reply> implements ChildListener {
  state: 'booting' | 'ready' | 'leaving' | 'ended' = 'booting';
  /** How far it had come when it ended. */
  lastState: 'booting' | 'ready' | 'leaving' = 'booting';
  /** Gets no more jobs: one that wants it for itself waits for it, or runs in it. */
  isReserved = false;
  /** Gets no more jobs, and goes once those that it has have ended. */
  isRetiring = false;
  /** Killed by the pool, which charges nobody for it. */
  isCondemned = false;
  startedJobs = 0;
  /** Jobs in it, and how many of these have not started. */
  count = 0;
  unstarted = 0;
  /** When it was asked for a sign of life that has not come. @unit milliseconds, monotonic */
  askedAtMs: number | undefined;
  /** Somebody was told that it has not come. */
  isToldStalled = false;
  readonly #link: ChildLink;
  readonly #jobs: (ChildJob<Reply> | undefined)[] = [];
  readonly #turns: number[] = [];
  readonly #freeCells: number[];
  readonly #questions = new Map<number, { resolve(text: string): void; reject(error: unknown): void }>();
  #asked = 0;
  #lastWords: RemoteError | undefined;

  /** @throws whatever the launcher throws */
  constructor(
    readonly role: ChildRole,
    launcher: ChildLauncher,
    private readonly owner: ChildOwner<Reply>,
  ) {
    this.#freeCells = Array.from({ length: role.cells }, (_, index) => role.cells - 1 - index);
    this.#link = launcher.launch(role, this);
  }

  get pid(): number | undefined {
    return this.#link.pid;
  }

  get threadId(): number | undefined {
    return this.#link.threadId;
  }

  get traffic(): Traffic {
    return this.#link.traffic;
  }

  /** For logs and outcomes. */
  get name(): string {
    const where = this.threadId === undefined ? `pid ${this.pid ?? 'none'}` : `thread ${this.threadId}`;
    return `${this.role.kind} child ${this.role.index} (${where})`;
  }

  /** Takes jobs, now or when those that it has have ended. */
  get isServing(): boolean {
    return this.state === 'ready' && !this.isCondemned && !this.isRetiring;
  }

  canTake(most: number): boolean {
    return this.isServing && !this.isReserved && this.count < most && this.#freeCells.length > 0;
  }

  /** What it still has, oldest first. */
  jobs(): ChildJob<Reply>[] {
    return this.#jobs.filter((job) => job !== undefined).sort((one, other) => one.order - other.order);
  }

  give(job: ChildJob<Reply>, nowMs: number): void {
    const cell = this.#freeCells.pop() as number;
    job.cell = cell;
    job.turn = this.#turns[cell] = turnAfter(this.#turns[cell] ?? 0);
    job.state = 'sent';
    job.child = this;
    job.sentAtMs = nowMs;
    this.#jobs[cell] = job;
    this.count++;
    this.unstarted++;
    this.#link.send(frame('J', cell, job.turn, job.text));
  }

  recall(job: ChildJob<Reply>): void {
    this.#link.recall(job.cell, job.turn);
  }

  cancel(job: ChildJob<Reply>, reason: unknown): void {
    this.#link.send(frame('C', job.cell, job.turn, encodeError(reason)));
  }

  /** Asks its application; rejects with the error of that, or when the child ends before. */
  ask(text: string): Promise<string> {
    const number = (this.#asked += 1);
    this.#link.send(frame('Q', number, text));
    return new Promise((resolve, reject) => this.#questions.set(number, { resolve, reject }));
  }

  /** For a sign of life, which its event loop gives as soon as it turns. */
  askForSign(nowMs: number): void {
    this.askedAtMs = nowMs;
    this.#link.send(frame('P'));
  }

  leave(): void {
    this.state = 'leaving';
    this.#link.send(frame('X'));
  }

  /** @param signal of those that end a process; only processes tell them apart */
  kill(signal?: TerminationSignal): void {
    this.isCondemned = true;
    this.#link.kill(signal);
  }

  frames(frames: readonly string[]): void {
    for (const text of frames) this.#take(text);
  }

  recalled(cell: number, turn: number, inTime: boolean): void {
    const job = this.#jobs[cell];
    if (job?.turn !== turn) return; // done meanwhile
    if (inTime) this.#release(job);
    this.owner.recalled(job, inTime);
  }

  ended(death: ChildDeath): void {
    const left = this.jobs();
    if (this.state !== 'ended') this.lastState = this.state;
    this.state = 'ended';
    for (const { reject } of this.#questions.values())
      reject(new ControlCommandError(`${this.name} ${death.text} before it answered.`));
    const error = death.error ?? (death.clean ? undefined : this.#lastWords);
    this.owner.ended(this, this.isCondemned ? { ...death, text: 'was ended by its pool' } : { ...death, error }, left);
  }

  /** The error for a child that ended before it was up. */
  bootError({ text, error }: ChildDeath): ChildBootError {
    const reason = error
      ? `${error.name}: ${error.message}`
      : `it ${text} before it could report. What it printed may say why.`;
    return new ChildBootError(`${this.role.kind} child ${this.role.index}`, reason, error?.stack);
  }

  #take(text: string): void {
    switch (text[0]) {
      case 'S':
      case 'D':
      case 'E':
        return this.#takeOfJob(text);
      case 'U':
        if (this.state !== 'booting') return this.#breach(text);
        this.state = 'ready';
        return this.owner.up(this, restOf(text));
      case 'A':
      case 'N':
        return this.#takeAnswer(text);
      case 'L':
        this.askedAtMs = undefined;
        this.isToldStalled = false;
        return;
      case 'M':
        return this.owner.tooLarge(this, Number(restOf(text)));
      case 'B':
      case 'F':
        this.#lastWords = decodeError(restOf(text));
        return;
      default:
        this.#breach(text);
    }
  }

  #takeAnswer(text: string): void {
    const { first: number, rest } = numbersOf(text, 1);
    const question = this.#questions.get(number);
    this.#questions.delete(number);
    if (text[0] === 'A') question?.resolve(rest);
    else question?.reject(rebuildError(decodeError(rest)));
  }

  #takeOfJob(text: string): void {
    const { first: cell, rest } = numbersOf(text, 1);
    const job = this.#jobs[cell];
    if (!job) return this.#breach(text);
    if (text[0] === 'S') this.#start(job);
    else if (text[0] === 'D') this.owner.done(this.#release(job), rest);
    else this.owner.failed(this.#release(job), decodeError(rest));
  }

  #start(job: ChildJob<Reply>): void {
    job.state = 'started';
    this.unstarted--;
    this.startedJobs++;
    this.owner.started(job);
  }

  /** Something else wrote on its channel: nothing that it says can be trusted any more. */
  #breach(text: string): void {
    const message = `its channel (file descriptor ${CHANNEL_FD}) carried what it did not say: ${JSON.stringify(text.slice(0, 60))}`;
    this.#lastWords = { name: 'Error', message, code: undefined, stack: undefined };
    this.#link.kill();
  }

  #release(job: ChildJob<Reply>): ChildJob<Reply> {
    this.#jobs[job.cell] = undefined;
    this.#freeCells.push(job.cell);
    this.count--;
    if (job.state === 'sent') this.unstarted--;
    job.child = undefined;
    if (this.count === 0) {
      this.isReserved = false;
      this.owner.idle(this);
    }
    return job;
  }
}
