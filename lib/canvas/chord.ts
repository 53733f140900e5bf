import { InvalidSignatureError } from '../errors/index.js';
import type { ChordOf, Header, OutsOfHeader } from './composition-types.js';
import { chordOf } from './signature-composition.js';
import type { SignatureState } from './signature-state.js';
import { stateOf } from './signature-view.js';
import { signatureOf, type AnySignature, type Signature, type Taking } from './signature.js';
import { WideChord, WideGroup } from './wide-group.js';

/**
 * A body that is called once, with the list of all results, when the whole header has succeeded.
 * @param header a group, or its members as an array
 * @throws {InvalidSignatureError} when the header is empty, or one of them is no signature
 * @source celery/canvas.py `chord`
 */
export function chord<const H extends Header, const Body extends AnySignature>(
  header: H,
  body: Taking<OutsOfHeader<H>, Body>,
): ChordOf<H, Body> {
  const made =
    header instanceof WideGroup
      ? new WideChord(header, body as Signature<never, unknown>)
      : signatureOf(chordOf(headerOf(header), stateOf(body, 'body')));
  return made as unknown as ChordOf<H, Body>;
}

function headerOf(header: unknown): SignatureState | readonly SignatureState[] {
  if (Array.isArray(header)) return header.map((each, index) => stateOf(each, `header[${index}]`));
  const state = stateOf(header, 'header');
  if (state.form.kind === 'group' || state.form.kind === 'chunks') return state;
  throw new InvalidSignatureError('header', `a group, or an array of its members; not a ${state.form.kind}`, header);
}
