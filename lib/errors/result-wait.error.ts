import { TaskQueueError } from './task-queue.error.js';

/** A task did not finish in the time its caller was ready to wait. The task itself goes on. */
export class ResultTimeoutError extends TaskQueueError {
  readonly code = 'TQ_RESULT_TIMEOUT';

  constructor(
    readonly taskId: string,
    /** The last one seen. `PENDING` is also that of a task nobody has heard of. `undefined` for a group. */
    readonly state: string | undefined,
    readonly timeoutMs: number,
    /** Where it was looked for. */
    readonly store?: string,
    /** The group that was waited for: then the task is the first of it that did not finish. */
    readonly group?: { readonly id: string; readonly done: number; readonly total: number },
  ) {
    const where = store === undefined ? 'where this client looks' : `where this client looks, in "${store}"`;
    const seconds = `within ${timeoutMs / 1_000} s`;
    super(
      (group === undefined
        ? `Task "${taskId}" did not finish ${seconds}; its state is ${state}.`
        : `${group.total - group.done} of the ${group.total} tasks of group "${group.id}" did not finish ${seconds}, such as "${taskId}".`) +
        (state === 'PENDING' || group?.done === 0
          ? ` Check that a worker consumes its queue, and that it stores results ${where}.`
          : ''),
    );
  }
}

/** A result was asked for where none is stored, so waiting would never end. */
export class ResultNotStoredError extends TaskQueueError {
  readonly code = 'TQ_RESULT_NOT_STORED';

  constructor(
    readonly taskId: string,
    reason: 'ignored' | 'no-backend',
  ) {
    super(
      reason === 'ignored'
        ? `Task "${taskId}" was sent with its result ignored, so there is none to wait for. To read one, leave "ignoreResult" out of its @Task() and of what it is sent with.`
        : `Cannot read the result of task "${taskId}": no result backend is configured. Set "results" in the options of TaskQueueModule.`,
    );
  }
}

/** A task waited for another task, which may keep every worker waiting for tasks that no worker is left to run. */
export class WaitInsideTaskError extends TaskQueueError {
  readonly code = 'TQ_WAIT_INSIDE_TASK';

  constructor(
    readonly taskId: string,
    readonly waitingTask: string,
    kind: 'task' | 'group' = 'task',
  ) {
    super(
      `Task "${waitingTask}" must not wait for the result of ${kind} "${taskId}": with every slot waiting, none is left to run it. ` +
        'Link the tasks instead, or pass disableSyncSubtasks: false where you know that another worker runs it.',
    );
  }
}

/** The broker cannot do what was asked of it. */
export class UnsupportedByBrokerError extends TaskQueueError {
  readonly code = 'TQ_UNSUPPORTED_BY_BROKER';

  /** @param doing what was asked, such as `revoke tasks` */
  constructor(doing: string, store: string) {
    super(`Cannot ${doing}: the broker "${store}" has no place to keep it.`);
  }
}

/** The result backend cannot do what was asked of it. */
export class UnsupportedByBackendError extends TaskQueueError {
  readonly code = 'TQ_UNSUPPORTED_BY_BACKEND';

  /** @param doing what was asked, such as `save results of groups` */
  constructor(doing: string, store: string) {
    super(`Cannot ${doing}: the result backend "${store}" has no place to keep them.`);
  }
}
