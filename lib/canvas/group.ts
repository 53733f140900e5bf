import type { InOfAll, OutsOf } from './composition-types.js';
import { newGroup } from './signature-composition.js';
import { stateOf } from './signature-view.js';
import { signatureOf, type AnySignature, type Group } from './signature.js';
import { WideGroup, type Members } from './wide-group.js';

/**
 * Signatures that are sent together and run side by side; its result is the list of theirs, in their order. It takes its members one by one, or as an array.
 * @throws {InvalidSignatureError} naming the member that is none
 * @source celery/canvas.py `group`
 */
export function group<const Given extends readonly AnySignature[]>(
  members: Given,
): Group<InOfAll<Given>, OutsOf<Given>>;
export function group<const Given extends readonly AnySignature[]>(
  ...members: Given
): Group<InOfAll<Given>, OutsOf<Given>>;
export function group(...given: readonly unknown[]): unknown {
  const [first] = given;
  const members: readonly unknown[] = given.length === 1 && Array.isArray(first) ? first : given;
  return signatureOf(newGroup(members.map((each, index) => stateOf(each, `members[${index}]`))));
}

/**
 * A group of any number of members, which are taken from an iterable as they are sent: only `TaskClient.apply` sends it, by itself or as the header of a chord.
 * @throws {InvalidSignatureError} when it is no iterable
 */
group.from = function wideGroup<Out>(members: Members<Out>): WideGroup<Out> {
  return new WideGroup(members);
};
