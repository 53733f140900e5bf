import { InvalidSignatureError } from '../errors/index.js';
import type { Header, InOfHeader, OutsOfHeader } from './composition-types.js';
import { chordOf } from './signature-composition.js';
import { signatureOf, type AnySignature, type Composed, type Taking } from './signature.js';
import { stateOf } from './signature-view.js';

/**
 * A body that is called once, with the list of all results, when the whole header has succeeded.
 * @param header a group, or its members as an array
 * @throws {InvalidSignatureError} when the header is empty, or one of them is no signature
 * @source celery/canvas.py `chord`
 */
export function chord<const H extends Header, const Body extends AnySignature>(
  header: H,
  body: Taking<OutsOfHeader<H>, Body>,
): Composed<InOfHeader<H>, Body> {
  const state = chordOf(headerOf(header), stateOf(body, 'body'));
  return signatureOf(state) as unknown as Composed<InOfHeader<H>, Body>;
}

function headerOf(header: Header): Parameters<typeof chordOf>[0] {
  if (Array.isArray(header)) return header.map((each, index) => stateOf(each, `header[${index}]`));
  const state = stateOf(header, 'header');
  if (state.form.kind === 'group' || state.form.kind === 'chunks') return state;
  throw new InvalidSignatureError('header', `a group, or an array of its members; not a ${state.form.kind}`, header);
}
