import type { ResultTuple } from '../protocol/index.js';
import { AsyncResult } from './async-result.js';
import { GroupResult } from './group-result.js';
import type { ResultSource } from './result-node.js';
import type { IgnoredTasks } from './result-reader.js';

/**
 * The result that a tuple names, with its parents; of a group with its members.
 * @param ignored tasks in it that were sent with their results ignored
 * @source celery/result.py `result_from_tuple`
 */
export function resultOf(
  [[id, parent], members]: ResultTuple,
  source: ResultSource,
  ignored?: IgnoredTasks,
): AsyncResult | GroupResult {
  return members === null
    ? new AsyncResult(id, source, { parent, ignored, isIgnored: ignored?.has(id) ?? false })
    : new GroupResult(id, members, source, { parent, ignored });
}
