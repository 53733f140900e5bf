import type { OutgoingMessage, ReceivedMessage, ResultRecord, TaskHead, WireError } from '../protocol/index.js';

/** Limits of a run's time. @unit milliseconds */
export interface TaskLimits {
  readonly hardMs: number | undefined;
  readonly softMs: number | undefined;
}

/** One message handed to the process that runs it. */
export interface TaskJob {
  readonly message: ReceivedMessage;
  /** What the message says besides its body, where the worker that has read it is in this process. */
  readonly head?: TaskHead | undefined;
  /** The queue it was taken from. */
  readonly queue: string;
  readonly redelivered: boolean;
  /** Limits that hold instead of those the task was declared with; the message's own come first. */
  readonly limits?: TaskLimits | undefined;
  /** The reply has to say what monitors are shown of it. */
  readonly isShown?: boolean;
  /** The task is not to be run, but to fail with this error as if it had: its process died, or was ended. Hooks and errbacks run. */
  readonly verdict?: TaskVerdict | undefined;
}

/** An error that somebody else found, in the form that crosses processes. */
export type TaskVerdict = WireError & { readonly traceback?: string | null };

/** How a run ended, as its worker needs to know it to settle the message; plain data that crosses processes. */
export interface TaskReply {
  readonly outcome: 'success' | 'failure' | 'retry' | 'ignored' | 'rejected' | 'undecodable';
  /** The states to store, the task's own first; a failure is also that of the steps of its chain. None where results are ignored. */
  readonly records: readonly ResultRecord[];
  /** What follows from the outcome, encoded and routed: a retry, callbacks, errbacks, the next step of a chain. */
  readonly successors: readonly OutgoingMessage[];
  /** For `rejected`: back to the queue instead of dead-lettered. */
  readonly requeue: boolean;
  /** The error in one line, for the log and the dead letter; empty for a success. */
  readonly error: string;
  /** Stack or Python-like traceback for the log; empty where the task `throws` it by contract. */
  readonly traceback: string;
  /** Whether the error is one the task declares in `throws`. */
  readonly expected: boolean;
  readonly runtimeMs: number;
  /** Present where the job asks for it. */
  readonly shown?: ShownOutcome;
}

/** An outcome as events tell it: texts as Python shows them. */
export interface ShownOutcome {
  readonly result?: string;
  readonly exception?: string;
  readonly traceback?: string | undefined;
}
