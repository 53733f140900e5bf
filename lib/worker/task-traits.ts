import type { MixablePool, ResolvedRateLimit } from '../options/index.js';
import type { TaskLimits } from '../execution/index.js';

/** What a worker has to know of a task to receive and settle its messages; the rest stays with the process that runs it. Plain data. */
export interface TaskTraits {
  readonly name: string;
  readonly acksLate: boolean;
  readonly acksOnFailure: boolean;
  readonly acksOnTimeout: boolean;
  readonly ignoreResult: boolean;
  readonly storeErrorsEvenIfIgnored: boolean;
  readonly timeLimitMs: number | undefined;
  readonly softTimeLimitMs?: number | undefined;
  /** How many of them may begin in a time. */
  readonly rateLimit?: ResolvedRateLimit | undefined;
  /** The pool that it asks for, of a worker that has several. */
  readonly pool?: MixablePool | undefined;
  /** The queue that it declares. */
  readonly queue?: string | undefined;
  /** Where they were changed while the worker runs: what its processes do not know. @unit milliseconds */
  readonly limits?: TaskLimits | undefined;
  /** Whether events tell of it, where they are on. */
  readonly sendsEvents: boolean;
}
