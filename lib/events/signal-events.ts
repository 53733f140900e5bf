import type { TerminationSignal } from '../options/index.js';
import type { TaskHead } from '../protocol/index.js';
import type { TaskContext } from '../tasks/index.js';

/** A task that is about to run, or has run, in this process. */
export interface TaskRunEvent {
  readonly task: string;
  readonly id: string;
  readonly context: TaskContext;
}

/** A task that has run, whatever came of it. */
export interface TaskPostrunEvent extends TaskRunEvent {
  /** The state it ended in, such as `SUCCESS` or `RETRY`. */
  readonly state: string;
  readonly result: unknown;
}

/** A task that returned. */
export interface TaskSuccessEvent extends TaskRunEvent {
  readonly result: unknown;
  readonly runtimeMs: number;
}

/** A task that failed, with no retry left. */
export interface TaskFailureEvent extends TaskRunEvent {
  readonly error: unknown;
}

/** A task that is to be run again. */
export interface TaskRetryEvent extends TaskRunEvent {
  /** What made it necessary; `undefined` where the task did not say. */
  readonly error: unknown;
  /** Epoch milliseconds; `undefined` for at once. */
  readonly etaMs: number | undefined;
}

/** The engine itself failed while it ran a task: a fault of this library or of its surroundings, not of the task. */
export interface TaskInternalErrorEvent {
  readonly task: string | undefined;
  readonly id: string | undefined;
  readonly error: unknown;
}

/** A message a worker received. */
export interface TaskMessageEvent {
  readonly task: string;
  readonly id: string;
  readonly head: TaskHead;
}

/** A message that is not run, or not to its end, since it was revoked or had expired. */
export interface TaskRevokedEvent extends TaskMessageEvent {
  /** `revoked`, `expired`; `terminated` or `cancelled` while it ran. */
  readonly reason: string;
  /** By which it was terminated. */
  readonly signal: TerminationSignal | undefined;
}

/** A message that could not be understood. */
export interface TaskRejectedEvent {
  readonly description: string;
}

/** A worker, or one of its processes, that begins or ends. */
export interface WorkerEvent {
  /** Node name, such as `worker1@host`. */
  readonly hostname: string;
}
