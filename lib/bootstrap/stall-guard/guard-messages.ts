import type { EncodedResult, LeaseKeeperData } from '../../brokers/index.js';

/** What the guard's thread is started with. */
export interface GuardData {
  /** `[0]`: time of day in milliseconds at which the event loop last gave a sign. Shared memory. */
  readonly beat: Float64Array;
  /** Name and id of the task that was started last, in UTF-8 up to the first zero. Shared memory. */
  readonly lastStarted: Uint8Array;
  /** How to reach the worker's deliveries without its event loop. */
  readonly keeper: LeaseKeeperData;
  readonly stallWarningMs: number;
  readonly stallTimeoutMs: number | undefined;
}

/** A body with a time limit that is running, or the word that it ended. */
export type GuardMessage =
  { readonly as: 'started'; readonly body: GuardedBody } | { readonly as: 'ended'; readonly tag: string };

export interface GuardedBody {
  readonly tag: string;
  readonly task: string;
  readonly id: string;
  readonly startedAtMs: number;
  readonly timeLimitMs: number;
  /** What to store when its time limit ends it. */
  readonly results: readonly EncodedResult[];
}
