import { InvalidOptionError, UnknownOptionError, nearestName } from '../errors/index.js';

/**
 * Refuses what is not an object with these keys only.
 * @throws {InvalidOptionError | UnknownOptionError}
 */
export function checkKeys(path: string, given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidOptionError(path, `an object with any of ${known.join(', ')}`, given);
  }
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    throw new UnknownOptionError(`${path}.${key}`, nearestName(key.replaceAll('_', ''), known), known);
  }
}
