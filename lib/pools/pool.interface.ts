import type { TerminationSignal } from '../options/index.js';
import type { Cancellation } from './cancellation.js';

/**
 * Runs jobs in slots of its own; knows nothing of brokers, results or retries. `Job` and `Reply` are what the worker and its bodies exchange.
 *
 * A job is *waiting* (in the pool, or queued inside a child), then *started*, then ended by exactly one outcome. Only a waiting job can go back: a child's
 * death returns it to the pool, a cancel or a stop ends it as `lost` with `started: false`. Jobs of one child start in the order in which they were given.
 */
export interface Pool<Job, Reply> {
  /** Jobs that can run at once; follows `grow` and `shrink` at once. */
  readonly limit: number;
  /** Children, or slots where there are none: what `grow` and `shrink` count. */
  readonly size: number;
  /** Processes that bodies run in, now; left out where that is this one alone. */
  pids?(): readonly number[];
  /** Asks the application of one of the children, beside its jobs; left out where that is in this process. Neither text may contain a line break. */
  ask?(text: string): Promise<string>;
  /**
   * Boots the pool. Resolves with what the first child reported about its application, or `undefined` for a pool that runs in this process.
   * Jobs given before are kept until then.
   * @throws {ChildBootError} when the first child cannot boot, with the child's own error
   */
  start(): Promise<unknown>;
  /**
   * Runs a job in a free slot, waiting for one if need be; resolves for whatever happens to it, and never rejects for its own errors.
   * @throws {JobTextError} (as a rejection) when the codec cannot make one line of text of the job
   */
  run(job: Job, options?: RunOptions): Promise<PoolOutcome<Reply>>;
  /**
   * As `run`, without a promise, which costs as much as the rest of a small job. A job that ends at once may do so before this returns.
   * @param onEnd called once, with the outcome; must not throw
   * @throws {JobTextError} as `run` rejects
   */
  submit(job: Job, options: RunOptions, onEnd: (outcome: PoolOutcome<Reply>) => void): void;
  /**
   * Adds so many children, which take jobs as soon as they have booted, or slots.
   * @throws {PoolResizeError} when the pool has one size for good, has not started or is stopping, or for no whole number of at least 1
   */
  grow(count: number): void;
  /**
   * Takes so many away: those without a job first. What runs in the others goes on to its end, beyond the limit if need be; what waits inside a child that is
   * to go runs elsewhere, unless it begins before it could be asked for. One always stays.
   * @throws {PoolResizeError} as `grow`, and when fewer than one would stay
   */
  shrink(count: number): void;
  /**
   * Replaces all children, one after the other, each by one that has booted beside it and so has loaded the application anew; what runs goes on to its end.
   * Left out where there are no children.
   * @throws {PoolResizeError} when the pool has not started or is stopping
   */
  restart?(): void;
  /** Tells of each change of `limit` after the start. */
  onResize(listener: () => void): void;
  /**
   * Ends waiting jobs as `lost` with `started: false`; `drain` then waits for what runs, `kill` does not: its jobs end as `lost`.
   * Safe to call twice, and with `kill` while a drain is under way.
   */
  stop(mode: 'drain' | 'kill'): Promise<void>;
}

export interface RunOptions {
  /**
   * Cancels this job, and no other: one that has not started ends as `lost` with `started: false`; the body of a started one sees its signal abort with
   * the same reason (in another process: an error of the same name, message and code). One that terminates ends a started body like its hard limit does.
   */
  readonly cancellation?: Cancellation | undefined;
  /** Ends the body when it runs longer: its process or thread is killed, or its own process gives up on it. @unit milliseconds */
  readonly timeLimitMs?: number | undefined;
  /** Gets a process or thread without other jobs in it, as one that may have killed its last one has to; in `threads` and `async` one such job runs at a time. */
  readonly isolated?: boolean | undefined;
  /** Called once, when the body is about to start; with the process that runs it. Must not throw. */
  readonly onStarted?: ((where: { readonly pid: number }) => void) | undefined;
}

export type PoolOutcome<Reply> =
  | { readonly as: 'done'; readonly reply: Reply }
  /** It ran into the hard limit and was ended. */
  | { readonly as: 'time-limit'; readonly limitMs: number }
  /** It ran, and was ended by a cancellation that terminates. */
  | { readonly as: 'terminated'; readonly signal: TerminationSignal }
  /** It ended without a reply: cancelled while it waited, or the process or thread that had it ended. */
  | {
      readonly as: 'lost';
      /** Whether the body had begun. Not `started`: it never ran, and may be given elsewhere at once. */
      readonly started: boolean;
      /**
       * Whether it may itself be what ended its process: `false` where it had not started, and where the pool ended the process on purpose (for a neighbour's
       * time limit, for a stop). A child with one slot has at most one such job.
       */
      readonly charged: boolean;
      /** For the log: exit code, signal or the error that ended the process. */
      readonly reason: string;
    };

/** What turns jobs and replies into one line of text and back, for pools whose bodies run elsewhere. */
export interface JobCodec<Job, Reply> {
  /** Must not contain a line break or a tab. */
  encodeJob(job: Job): string;
  decodeReply(text: string): Reply;
}

/** What a running body is told. */
export interface RunControl {
  /** Aborts when the job is cancelled or given up. Made when first read, which costs as much as the rest of a small job: read it only where it is wanted. */
  readonly signal: AbortSignal;
}

/** Runs the body of a job in this process: the other side of a pool. Never throws or rejects for a body's own error. */
export interface JobRunner<Job, Reply> {
  /** Answers without a promise where nothing had to be waited for: promises are most of what a small job costs. */
  run(job: Job, control: RunControl): Reply | Promise<Reply>;
}
