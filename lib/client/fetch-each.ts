import type { ResultBackend } from '../backends/index.js';
import { DecodeError } from '../errors/index.js';
import type { TaskMeta } from '../protocol/index.js';

/** What is stored of a task, or why it cannot be read. */
export type FetchedState = TaskMeta | DecodeError | undefined;

/**
 * As `fetch`, but one state that cannot be read does not hide those that were asked for along with it.
 * @throws what `fetch` throws, but for `DecodeError`
 */
export async function fetchEach(
  backend: Pick<ResultBackend, 'fetch'>,
  taskIds: readonly string[],
): Promise<readonly FetchedState[]> {
  try {
    return await backend.fetch(taskIds);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (taskIds.length === 1) return [error];
    const middle = Math.ceil(taskIds.length / 2);
    return [
      ...(await fetchEach(backend, taskIds.slice(0, middle))),
      ...(await fetchEach(backend, taskIds.slice(middle))),
    ];
  }
}
