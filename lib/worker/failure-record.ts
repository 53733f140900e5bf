import { exceptionMap, toWireError, type ResultRecord, type TaskHead } from '../protocol/index.js';

/** The state of a task that never ran, or whose process did not live to say how it ended. */
export function failureRecord(
  head: Pick<TaskHead, 'id'> & Partial<Pick<TaskHead, 'groupId' | 'parentId'>>,
  status: 'FAILURE' | 'REVOKED',
  error: Error,
  nowMs: number,
): ResultRecord {
  const wireError = toWireError(error);
  return {
    taskId: head.id,
    status,
    result: JSON.stringify(exceptionMap(wireError)),
    traceback: status === 'REVOKED' ? null : wireError.traceback,
    children: [],
    dateDoneMs: nowMs,
    groupId: head.groupId,
    parentId: head.parentId,
    extended: undefined,
  };
}
