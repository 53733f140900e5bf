import type { KeptPart, PartState } from '../backends/index.js';
import type { ChordSize } from '../client/index.js';
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
  /** The task was run: its chord is complete, and what follows from these parts is asked for. */
  readonly join?: readonly KeptPart[] | undefined;
}

/** An error that somebody else found, in the form that crosses processes. */
export type TaskVerdict = WireError & {
  readonly traceback?: string | null;
  /** It was revoked: neither hooks nor errbacks run. */
  readonly isRevoked?: boolean;
};

/** How a run ended, as its worker needs to know it to settle the message; plain data that crosses processes. */
export interface TaskReply {
  readonly outcome: 'success' | 'failure' | 'retry' | 'ignored' | 'rejected' | 'undecodable';
  /** The states to store, the task's own first; a failure is also that of the steps of its chain. None where results are ignored. */
  readonly records: readonly ResultRecord[];
  /** What follows from the outcome, encoded and routed: a retry, callbacks, errbacks, the next step of a chain. */
  readonly successors: readonly OutgoingMessage[];
  /** Chords that are among what follows: their sizes are said before it is sent. */
  readonly chords?: readonly ChordSize[];
  /** Present where the run is a part of a chord. */
  readonly part?: PartReport | undefined;
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
  readonly shown?: ShownOutcome | undefined;
}

/** The end of a run that is a part of a chord. Plain data that crosses processes. */
export interface PartReport {
  readonly groupId: string;
  readonly taskId: string;
  readonly groupIndex: number | undefined;
  readonly state: PartState;
  /** JSON text. */
  readonly result: string;
  readonly size: number | undefined;
  /** How many tasks it adds to the chord; they are among what follows. */
  readonly adds?: number | undefined;
  /** By when its chord has to end, where others sent it and this is the first part that the process has seen of it. */
  readonly late?: ChordSize['late'];
  /** What follows where this part is the first that did not succeed. */
  readonly failure: ChordEnd | undefined;
}

/** What follows from the end of a chord. */
export interface ChordEnd {
  readonly records: readonly ResultRecord[];
  readonly successors: readonly OutgoingMessage[];
  readonly chords: readonly ChordSize[];
  /** Where the chord that failed is itself a part of another. */
  readonly outer: PartReport | undefined;
}

/** An outcome as events tell it: texts as Python shows them. */
export interface ShownOutcome {
  readonly result?: string;
  readonly exception?: string;
  readonly traceback?: string | undefined;
}
