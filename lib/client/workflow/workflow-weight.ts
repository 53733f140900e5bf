import { InvalidSignatureError } from '../../errors/index.js';
import type { SignatureMap } from '../../protocol/index.js';

/** Some 60 MB of text. */
const MOST_SIGNATURES = 200_000;

const weights = new WeakMap<object, number>();

/**
 * Refuses what is too much to be written: what the members of groups in a row share is one object here, and a text of its own for each member of each of them.
 * @param place how the error calls it
 * @throws {InvalidSignatureError}
 */
export function checkWeight(map: SignatureMap, place: string): void {
  const weight = weightOf(map);
  if (weight <= MOST_SIGNATURES) return;
  throw new InvalidSignatureError(
    place,
    `one in which no more than ${MOST_SIGNATURES} signatures are written, as each member of a group carries all that follows it; graph() is for many groups in a row`,
    `${weight} of them`,
  );
}

/** How many signatures its text would hold. */
function weightOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + weightOf(each), 0);
  if (typeof value !== 'object' || value === null || !('task' in value)) return 0;
  let weight = weights.get(value);
  if (weight === undefined) {
    const { kwargs = {}, options = {} } = value as SignatureMap;
    const isComposed = ((value as SignatureMap).subtask_type ?? null) !== null;
    const parts = isComposed ? [kwargs['tasks'], kwargs['header'], kwargs['body']] : [];
    weight = 1 + weightOf([...parts, options['chord'], options['link'], options['link_error']]);
    weights.set(value, weight);
  }
  return weight;
}
