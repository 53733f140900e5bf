import { DecodeError, describeValue } from '../errors/index.js';
import { isMap } from './json-map.js';
import type { ResultTuple } from './result.js';
import { formatResultTuple, parseResultTuple } from './result-tuple.js';

const GROUP_PREFIX = 'celery-taskset-meta-';

/** Key of a group in every key-value store; what counts the parts of its chord has the same with a suffix. @source celery/backends/base.py `group_keyprefix` */
export function groupMetaKey(groupId: string): string {
  return GROUP_PREFIX + groupId;
}

/**
 * Keys of what is kept of a chord, which scripts are told in this order: its group, and by their suffixes the parts, how many there are to be beyond
 * the size, the size, and what Celery knows since 5.7, which parts were counted and who sends what follows; then a claim of ours.
 * @source celery/backends/redis.py `on_chord_part_return`
 */
export function chordKeys(groupKey: string): readonly string[] {
  return [
    groupKey,
    `${groupKey}.j`,
    `${groupKey}.t`,
    `${groupKey}.s`,
    `${groupKey}.d`,
    `${groupKey}.c`,
    groupKey.replace(GROUP_PREFIX, 'ntq:chord:'),
  ];
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
