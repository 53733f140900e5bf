/** No task has such an id, unless somebody chose it. */
const MARK = 'workflow:';

/**
 * Stands among revoked ids for all tasks that have an id as that of their root or of their group, also for those that are sent later. Stores keep it as
 * any id, and workers that know nothing of it find no such task.
 */
export function workflowMark(id: string): string {
  return `${MARK}${id}`;
}

/** What a revoked id stands for besides itself: the id of a root or a group. */
export function markedWorkflow(id: string): string | undefined {
  return id.startsWith(MARK) ? id.slice(MARK.length) : undefined;
}
