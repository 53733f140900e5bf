import { TaskRevokedError } from '../errors/index.js';
import { fromWireError, type ErrorRegistry, type TaskMeta } from '../protocol/index.js';

/** States after which nothing comes. @source celery/states.py `READY_STATES` */
const READY: ReadonlySet<string> = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);

export function isReadyState(state: string): boolean {
  return READY.has(state);
}

/** The error of a state that tells of one. */
export function errorOf(meta: TaskMeta, errors: ErrorRegistry): Error {
  if (meta.status === 'REVOKED' && (meta.result === null || meta.result === undefined))
    return new TaskRevokedError('revoked');
  return fromWireError(meta.result, meta.traceback, errors);
}

/** What goes with a state: a result, an error, or what the task gave to `ctx.progress()`. */
export function infoOf(meta: TaskMeta, errors: ErrorRegistry): unknown {
  return meta.status === 'FAILURE' || meta.status === 'REVOKED' || meta.status === 'RETRY'
    ? errorOf(meta, errors)
    : meta.result;
}

const TASK_ID = Symbol('taskId');

/** The error of a task as `get()` throws it. */
export function thrownErrorOf(meta: TaskMeta, errors: ErrorRegistry): Error {
  const error = errorOf(meta, errors);
  Reflect.defineProperty(error, TASK_ID, { value: meta.taskId, configurable: true }); // false, not an error, for one that is frozen
  return error;
}

/** The id of the task that an error which `get()` threw is from: of a group the member that failed, of a chain the step. */
export function failedTaskId(error: unknown): string | undefined {
  return error instanceof Error ? (error as { readonly [TASK_ID]?: string })[TASK_ID] : undefined;
}
