import { DecodeError, describeValue } from '../errors/index.js';
import { isMap } from './json-map.js';
import type { ResultTuple } from './result.js';
import { formatResultTuple, parseResultTuple } from './result-tuple.js';

const GROUP_PREFIX = 'celery-taskset-meta-';

/** Key of a group in every key-value store; what counts the parts of its chord has the same with a suffix. @source celery/backends/base.py `group_keyprefix` */
export function groupMetaKey(groupId: string): string {
  return GROUP_PREFIX + groupId;
}

/** Key of ours for the claim to what follows from a chord, beside that of its group. */
export function chordClaimKey(groupKey: string): string {
  return groupKey.replace(GROUP_PREFIX, 'ntq:chord:');
}

/** A saved group as JSON text. @source celery/backends/base.py `_save_group` */
export function formatGroupMeta(group: ResultTuple): string {
  return `{"result": ${formatResultTuple(group)}}`;
}

/**
 * Reads a decoded group, whoever saved it.
 * @throws {DecodeError} when it holds no result tuple
 */
export function parseGroupMeta(value: unknown): ResultTuple {
  const group = isMap(value) ? parseResultTuple(value['result']) : undefined;
  if (group === undefined)
    throw new DecodeError(`Expected a saved group to hold a result tuple, got ${describeValue(value)}.`);
  return group;
}
