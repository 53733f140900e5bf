/**
 * States of a task. Any other upper-case text is a custom state.
 * @source celery/states.py
 */
export type TaskState =
  | 'PENDING'
  | 'RECEIVED'
  | 'STARTED'
  | 'RETRY'
  | 'SUCCESS'
  | 'FAILURE'
  | 'REVOKED'
  | 'REJECTED'
  | 'IGNORED'
  | (string & {});

/** The id of a result with that of its parent, and its members where it is a group's: `[[id, parent], children]`. */
export type ResultTuple = readonly [readonly [id: string, parent: ResultTuple | null], readonly ResultTuple[] | null];

/** An exception in the form every serializer but pickle uses. */
export interface WireError {
  /** Class name, such as `ValueError`. */
  readonly excType: string;
  /** The constructor's arguments, as JSON can carry them. */
  readonly excMessage: readonly unknown[];
  /** Python module of the class, such as `builtins`. */
  readonly excModule: string;
}

/** A state to be stored, with its value already encoded, so that it crosses processes without being read. */
export interface ResultRecord {
  readonly taskId: string;
  readonly status: TaskState;
  /** JSON text of the value, of the exception map, or of a custom state's meta. */
  readonly result: string;
  readonly traceback: string | null;
  readonly children: readonly ResultTuple[];
  /** Epoch milliseconds, for ready states only. */
  readonly dateDoneMs: number | undefined;
  readonly groupId: string | undefined;
  readonly parentId: string | undefined;
  /** With `results.extended`: what the task was and who ran it. `args` and `kwargs` are JSON text. */
  readonly extended: ExtendedResult | undefined;
}

export interface ExtendedResult {
  readonly name: string;
  readonly args: string;
  readonly kwargs: string;
  readonly worker: string;
  readonly retries: number;
  readonly queue: string;
}

/** A stored state, read and decoded. */
export interface TaskMeta {
  readonly taskId: string;
  readonly status: TaskState;
  readonly result: unknown;
  readonly traceback: string | null;
  readonly children: readonly ResultTuple[];
  readonly dateDoneMs: number | undefined;
  readonly groupId: string | undefined;
  readonly parentId: string | undefined;
  readonly name: string | undefined;
  readonly args: unknown;
  readonly kwargs: unknown;
  readonly worker: string | undefined;
  readonly retries: number | undefined;
  readonly queue: string | undefined;
}
