import { WaitInsideTaskError } from '../errors/index.js';
import { checkBoolean, refuseUnknownKeys } from '../options/index.js';
import { TaskContext } from '../tasks/index.js';
import { parseDuration, type Duration } from '../time/index.js';

/** How long and how to wait for a result. */
export interface GetOptions {
  /** How long to wait: milliseconds, or a text with a unit. @defaultValue for ever */
  readonly timeout?: Duration;
  /** Whether the error of a failed task is thrown; `false` returns it. @defaultValue true */
  readonly propagate?: boolean;
  /** Whether a task that comes before in the workflow, and did not succeed, ends the wait with its error: what follows it never runs. @defaultValue true */
  readonly followParents?: boolean;
  /** Refuses to wait inside of a task, where all slots may end up waiting for each other. @defaultValue true */
  readonly disableSyncSubtasks?: boolean;
  /** Ends the wait, with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ResolvedGetOptions {
  readonly timeoutMs: number | undefined;
  readonly propagate: boolean;
  readonly followParents: boolean;
  readonly signal: AbortSignal | undefined;
}

const NAMES: readonly (keyof GetOptions)[] = ['timeout', 'propagate', 'followParents', 'disableSyncSubtasks', 'signal'];

/**
 * Checks that waiting is possible here and now.
 * @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used
 * @throws {WaitInsideTaskError} inside of a task
 */
export function resolveGetOptions(given: GetOptions, id: string, kind: 'task' | 'group'): ResolvedGetOptions {
  refuseUnknownKeys(given, NAMES, 'get'); // a misspelt timeout would wait for ever
  const { signal } = given;
  const timeoutMs = given.timeout === undefined ? undefined : parseDuration(given.timeout, 'get.timeout');
  const propagate = checkBoolean(given.propagate, true, 'get.propagate');
  const followParents = checkBoolean(given.followParents, true, 'get.followParents');
  const refusesInTasks = checkBoolean(given.disableSyncSubtasks, true, 'get.disableSyncSubtasks');
  const waiting = TaskContext.current();
  if (refusesInTasks && waiting !== undefined) throw new WaitInsideTaskError(id, waiting.task, kind);
  signal?.throwIfAborted();
  return { timeoutMs, propagate, followParents, signal };
}
