import { deserialize, serialize } from 'node:v8';
import { types } from 'node:util';

import { ChildReportError } from '../../errors/index.js';

/**
 * Writes what a child reports as one line of text. Plain objects, arrays, maps, sets, dates, bytes, bigints, errors and what lies in them arrive equal.
 * @throws {ChildReportError} naming the first value that would not: a function, a symbol, an instance of a class
 */
export function encodeReport(report: unknown): string {
  check(report, 'report', new Set());
  return serialize(report).toString('base64');
}

export function decodeReport(text: string): unknown {
  return deserialize(Buffer.from(text, 'base64'));
}

function check(value: unknown, path: string, above: Set<unknown>): void {
  if (typeof value === 'function') throw new ChildReportError(path, `the function ${value.name || '(anonymous)'}`);
  if (typeof value === 'symbol') throw new ChildReportError(path, String(value));
  if (typeof value !== 'object' || value === null || above.has(value)) return;

  above.add(value); // what was seen once is neither checked again nor followed in circles
  if (value instanceof Map) {
    for (const [key, item] of value) {
      check(key, `${path}.(key)`, above);
      check(item, `${path}.${String(key)}`, above);
    }
  } else if (value instanceof Set || Array.isArray(value)) {
    let index = 0;
    for (const item of value as Iterable<unknown>) check(item, `${path}[${index++}]`, above);
  } else if (!isPlainBuiltin(value)) {
    checkObject(value, path, above);
  }
}

function checkObject(value: object, path: string, above: Set<unknown>): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new ChildReportError(path, `an instance of ${value.constructor?.name || 'a class without a name'}`);
  }
  for (const [key, item] of Object.entries(value)) check(item, `${path}.${key}`, above);
}

function isPlainBuiltin(value: object): boolean {
  return (
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isAnyArrayBuffer(value) ||
    ArrayBuffer.isView(value)
  );
}
