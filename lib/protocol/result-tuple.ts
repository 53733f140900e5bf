import { quoteJson } from '../json/index.js';
import type { ResultTuple } from './result.js';

/** The result of a task, as `children` and saved groups name it. @source celery/result.py `as_tuple` */
export function taskResultTuple(id: string, parent: ResultTuple | null = null): ResultTuple {
  return [[id, parent], null];
}

/** The result of a group with its members. */
export function groupResultTuple(
  id: string,
  members: readonly ResultTuple[],
  parent: ResultTuple | null = null,
): ResultTuple {
  return [[id, parent], members];
}

/** A tuple as JSON text, spaced as Python does. */
export function formatResultTuple([[id, parent], members]: ResultTuple): string {
  const above = parent === null ? 'null' : formatResultTuple(parent);
  return `[[${quoteJson(id)}, ${above}], ${members === null ? 'null' : `[${members.map(formatResultTuple).join(', ')}]`}]`;
}

/** A tuple as it came from elsewhere; `undefined` where it is none. A bare id, as older writers have it, stands for a task. */
export function parseResultTuple(value: unknown, depth = 0): ResultTuple | undefined {
  if (typeof value === 'string') return taskResultTuple(value);
  if (!Array.isArray(value) || depth > 200) return undefined;
  const [head, members] = value as readonly unknown[];
  const [id, parent]: readonly unknown[] = Array.isArray(head) ? head : [head];
  if (typeof id !== 'string') return undefined;
  const above = parent === null || parent === undefined ? null : (parseResultTuple(parent, depth + 1) ?? null);
  return [[id, above], Array.isArray(members) ? parseResultTuples(members, depth + 1) : null];
}

/** Those of a list that are tuples; none where it is no list. */
export function parseResultTuples(value: unknown, depth = 0): readonly ResultTuple[] {
  if (!Array.isArray(value)) return [];
  const tuples: ResultTuple[] = [];
  for (const each of value as readonly unknown[]) {
    const tuple = parseResultTuple(each, depth);
    if (tuple !== undefined) tuples.push(tuple);
  }
  return tuples;
}
