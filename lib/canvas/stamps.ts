import { InvalidSignatureError } from '../errors/index.js';

/** Values by the names of stamps; what can be written in a message. */
export type Stamps = Readonly<Record<string, unknown>>;

/** Options of signatures, among which stamps stand. */
const OPTIONS = new Set(
  (
    'task_id group_id group_index chord chain root_id parent_id reply_to link link_error stamped_headers queue exchange routing_key priority ' +
    'countdown eta expires serializer compression headers time_limit soft_time_limit shadow argsrepr kwargsrepr ignore_result replaced_task_nesting ' +
    'add_to_parent immutable stampedHeaders'
  ).split(' '),
);

/**
 * Of some values those that are stamps.
 * @param names an array, or an object that has them
 * @throws {InvalidSignatureError} for a name that is an option of signatures
 */
export function stampNames(values: Stamps, names: readonly string[] | Stamps | undefined): Stamps {
  const named = names === undefined ? Object.keys(values) : Array.isArray(names) ? names : Object.keys(names);
  const stamps: Record<string, unknown> = {};
  for (const name of named as readonly string[]) {
    if (OPTIONS.has(name))
      throw new InvalidSignatureError('stamp', 'named otherwise than an option of signatures', name);
    if (values[name] !== undefined) stamps[name] = values[name];
  }
  return stamps;
}

/**
 * Two sets of stamps as one: of a stamp in both the first one's value stays, or with `append` becomes a list with the other's. Lists are always joined, and maps merged.
 * @source celery/canvas.py `_merge_dictionaries`
 */
export function mergeStamps(first: Stamps, second: Stamps, append: boolean): Stamps {
  const merged: Record<string, unknown> = { ...first };
  for (const [name, value] of Object.entries(second)) {
    merged[name] = Object.hasOwn(first, name) ? mergedValue(first[name], value, append) : value;
  }
  return merged;
}

function mergedValue(first: unknown, second: unknown, append: boolean): unknown {
  if (isMap(first) && isMap(second)) return mergeStamps(first, second, append);
  if (Array.isArray(first) && Array.isArray(second)) return [...first, ...(second as readonly unknown[])];
  if (!append) return first;
  return [...listOf(first), ...listOf(second)];
}

function listOf(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

function isMap(value: unknown): value is Stamps {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
