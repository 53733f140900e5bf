import { DecodeError, describeValue } from '../errors/index.js';
import { quoteJson } from '../json/index.js';
import { formatIso, parseIso } from '../time/index.js';
import { isMap, textOf } from './json-map.js';
import type { ExtendedResult, ResultRecord, TaskMeta } from './result.js';
import { formatResultTuple, parseResultTuples } from './result-tuple.js';

/** Key of a task's result in every key-value store. @source celery/backends/base.py `task_keyprefix` */
export function taskMetaKey(taskId: string): string {
  return `celery-task-meta-${taskId}`;
}

/**
 * A stored state as JSON text, with Celery's fields in Celery's order: scripts and stores look at its first characters.
 * @source celery/backends/base.py `_get_result_meta`
 */
export function formatTaskMeta(record: ResultRecord): string {
  const { children, dateDoneMs, groupId, parentId, extended, traceback } = record;
  return (
    `{"status": ${quoteJson(record.status)}, "result": ${record.result}, ` +
    `"traceback": ${traceback === null ? 'null' : quoteJson(traceback)}, ` +
    `"children": [${children.map(formatResultTuple).join(', ')}], ` +
    `"date_done": ${dateDoneMs === undefined ? 'null' : `"${formatIso(dateDoneMs)}"`}` +
    `${groupId === undefined ? '' : `, "group_id": ${quoteJson(groupId)}`}${parentId === undefined ? '' : `, "parent_id": ${quoteJson(parentId)}`}` +
    `${extended === undefined ? '' : formatExtended(extended)}, "task_id": ${quoteJson(record.taskId)}}`
  );
}

function formatExtended({ name, args, kwargs, worker, retries, queue }: ExtendedResult): string {
  return (
    `, "name": ${quoteJson(name)}, "args": ${args}, "kwargs": ${kwargs}, "worker": ${quoteJson(worker)}, ` +
    `"retries": ${retries}, "queue": ${quoteJson(queue)}`
  );
}

/**
 * Reads a decoded state, whoever wrote it: `state` counts where there is no `status`, and what is missing is empty.
 * @param taskId what it was stored for; counts where the map names none
 * @throws {DecodeError} when it is no map, or names no state
 */
export function parseTaskMeta(value: unknown, taskId = ''): TaskMeta {
  if (!isMap(value)) throw new DecodeError(`Expected a stored result to be a map, got ${describeValue(value)}.`);
  const status = textOf(value['status']) ?? textOf(value['state']);
  if (status === undefined)
    throw new DecodeError(`Expected a stored result to name a status, got ${describeValue(value['status'])}.`);
  const { traceback, retries } = value;
  return {
    taskId: textOf(value['task_id']) ?? taskId,
    status,
    result: value['result'] ?? null,
    traceback: typeof traceback === 'string' ? traceback : null,
    children: parseResultTuples(value['children']),
    dateDoneMs: readDate(value['date_done']),
    groupId: textOf(value['group_id']),
    parentId: textOf(value['parent_id']),
    name: textOf(value['name']),
    args: value['args'] ?? undefined,
    kwargs: value['kwargs'] ?? undefined,
    worker: textOf(value['worker']),
    retries: typeof retries === 'number' ? retries : undefined,
    queue: textOf(value['queue']),
  };
}

/** Celery before 5.3 wrote UTC without saying so. A typed value has become a date already. */
function readDate(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string') return undefined;
  try {
    return parseIso(value);
  } catch {
    return undefined;
  }
}
