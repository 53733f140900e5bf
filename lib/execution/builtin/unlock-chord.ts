import type { KeptPart } from '../../backends/index.js';
import { InvalidTaskError, Retry } from '../../errors/index.js';
import { parseResultTuples, parseSignature, type ResultTuple, type TaskMeta } from '../../protocol/index.js';
import type { TaskContext } from '../../tasks/index.js';
import { ChordJoin } from './chord-join.js';

/** What is stored of tasks. */
export interface StoredResults {
  fetch(taskId: string): Promise<TaskMeta | undefined>;
  /** JSON text of a value. */
  encode(value: unknown): string;
}

const READY: ReadonlySet<string> = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);
/** Of a sender that says nothing. @source Celery `result_chord_retry_interval` */
const INTERVAL_S = 1;

/**
 * Looks whether all members of a chord have ended, and looks again later as long as they have not; for chords that a Celery client sent whose own result backend cannot count.
 * @source celery/app/builtins.py `unlock_chord`
 */
export async function unlockChord(
  run: TaskContext,
  [groupId, callback, interval, maxRetries, result]: readonly unknown[],
  results: StoredResults,
): Promise<never> {
  const body = parseSignature(callback, 'callback');
  const ids = parseResultTuples(result).flatMap(taskIdsOf);
  if (ids.length === 0) throw new InvalidTaskError(`Chord ${String(groupId)} names no members to wait for.`);
  const metas = await Promise.all(ids.map((id) => results.fetch(id)));
  const ready = metas.filter((meta) => meta !== undefined && READY.has(meta.status)) as readonly TaskMeta[];
  if (ready.length < ids.length) {
    if (typeof maxRetries === 'number' && run.retries >= maxRetries) {
      throw new ChordJoin(body, [neverReady(ids[metas.indexOf(undefined)] ?? (ids[0] as string), results)]);
    }
    const seconds = typeof interval === 'number' ? interval : INTERVAL_S;
    throw new Retry({
      countdown: seconds * 1_000,
      maxRetries: typeof maxRetries === 'number' ? maxRetries : null,
    });
  }
  const parts = ready.map(({ status, result: value }, index): KeptPart => ({
    taskId: ids[index] as string,
    state: status,
    result: results.encode(value),
  }));
  throw new ChordJoin(body, parts);
}

/** Nobody looks at the chord again, so that it fails rather than staying open. */
function neverReady(taskId: string, results: StoredResults): KeptPart {
  const error = {
    exc_type: 'MaxRetriesExceededError',
    exc_message: ['chord_unlock may not be retried again, and not all members have ended'],
    exc_module: 'celery.exceptions',
  };
  return { taskId, state: 'FAILURE', result: results.encode(error) };
}

function taskIdsOf([[id], members]: ResultTuple): readonly string[] {
  return members === null ? [id] : members.flatMap(taskIdsOf);
}
