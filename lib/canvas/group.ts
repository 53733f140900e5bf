import type { InOfAll, OutsOf } from './composition-types.js';
import { newGroup } from './signature-composition.js';
import { signatureOf, type AnySignature, type Group } from './signature.js';
import { stateOf } from './signature-view.js';

/**
 * Signatures that are sent together and run side by side; its result is the list of theirs, in their order. It takes its members one by one, or as an array.
 * @throws {InvalidSignatureError} naming the member that is none
 * @source celery/canvas.py `group`
 */
export function group<const Members extends readonly AnySignature[]>(
  members: Members,
): Group<InOfAll<Members>, OutsOf<Members>>;
export function group<const Members extends readonly AnySignature[]>(
  ...members: Members
): Group<InOfAll<Members>, OutsOf<Members>>;
export function group(...given: readonly unknown[]): unknown {
  const [first] = given;
  const members: readonly unknown[] = given.length === 1 && Array.isArray(first) ? first : given;
  return signatureOf(newGroup(members.map((each, index) => stateOf(each, `members[${index}]`))));
}
