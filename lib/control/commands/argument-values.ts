import { pythonRepr } from '../../protocol/index.js';
import { PythonError } from '../python-error.js';

/** One text or a list of them; nothing is none. @source celery/utils/functional.py `maybe_list` */
export function textsOf(name: string, value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  const values = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const wrong = values.find((each) => typeof each !== 'string');
  if (wrong !== undefined) throw wrongType(name, 'a text or a list of texts', value);
  return values as readonly string[];
}

/** A whole number; Celery's command line sends them as they are, others may send their digits. */
export function wholeNumberOf(name: string, value: unknown, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) throw wrongType(name, 'a whole number', value);
  return number;
}

/** As Python takes a value for a claim: Flower sends 1 where others send true. */
export function isTrue(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  return Object.keys(value).length > 0;
}

export function wrongType(name: string, expected: string, value: unknown): PythonError {
  return new PythonError('TypeError', `expected argument ${name} to be ${expected}, got ${pythonRepr(value)}`);
}
