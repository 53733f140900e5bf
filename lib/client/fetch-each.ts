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

/** Most states that are read in one step: all of a large group would be in memory at once. */
const PAGE = 1_000;

/** Ids in pages that are read one after the other. */
export function pagesOf(taskIds: readonly string[]): readonly (readonly string[])[] {
  if (taskIds.length <= PAGE) return taskIds.length === 0 ? [] : [taskIds];
  const pages: (readonly string[])[] = [];
  for (let start = 0; start < taskIds.length; start += PAGE) pages.push(taskIds.slice(start, start + PAGE));
  return pages;
}
