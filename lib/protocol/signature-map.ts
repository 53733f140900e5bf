import { InvalidTaskMessage } from '../errors/index.js';
import { isMap } from './json-map.js';
import type { SignatureMap } from './message.js';

/**
 * A signature as it came, with the keys it may lack filled in. Keys that are not known are kept; an `immutable` among the options is
 * dropped, as it has no effect where some writers put it.
 * @throws {InvalidTaskMessage} when it is no signature
 */
export function parseSignature(value: unknown, field = 'signature'): SignatureMap {
  if (!isMap(value) || typeof value['task'] !== 'string') {
    throw new InvalidTaskMessage(field, 'a signature, a map with a "task"', value);
  }
  const { args = null, kwargs = null, options = null, subtask_type = null, immutable = false } = value;
  if (args !== null && !Array.isArray(args)) throw new InvalidTaskMessage(`${field}.args`, 'a list', args);
  if (kwargs !== null && !isMap(kwargs)) throw new InvalidTaskMessage(`${field}.kwargs`, 'a map', kwargs);
  if (options !== null && !isMap(options)) throw new InvalidTaskMessage(`${field}.options`, 'a map', options);
  const { immutable: _ignored, ...kept } = (options ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...value,
    task: value['task'],
    args: (args ?? []) as readonly unknown[],
    kwargs: (kwargs ?? {}) as Readonly<Record<string, unknown>>,
    options: kept,
    subtask_type: subtaskTypeOf(subtask_type, field),
    immutable: immutable === true,
  };
}

/** Mappings say what they are by their task; older writers name them here as well. */
const SAID_BY_TASK: readonly unknown[] = [null, '', 'xmap', 'xstarmap', 'chunks'];

function subtaskTypeOf(value: unknown, field: string): 'chain' | 'group' | 'chord' | null {
  if (value === 'chain' || value === 'group' || value === 'chord') return value;
  if (SAID_BY_TASK.includes(value)) return null;
  throw new InvalidTaskMessage(`${field}.subtask_type`, '"chain", "group", "chord" or null', value);
}

/**
 * A list of signatures; one that stands alone counts as a list, `null` as an empty one.
 * @throws {InvalidTaskMessage} naming the one that is none
 */
export function parseSignatures(value: unknown, field = 'signatures'): readonly SignatureMap[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [parseSignature(value, field)];
  return value.map((each, index) => parseSignature(each, `${field}[${index}]`));
}
