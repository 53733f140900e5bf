import { isDeepStrictEqual } from 'node:util';
import { InvalidSignatureError } from '../errors/index.js';
import type { SignatureMap } from '../protocol/index.js';
import { toSignatureMap } from './signature-map.writer.js';
import { changed, type SignatureState } from './signature-state.js';

/**
 * Has a signature followed by another when it succeeds: a chain keeps it for its last step, a chord has it follow its body.
 * @source celery/canvas.py `Signature.link`, `_chord.link`, `group.link`
 */
export function linked(state: SignatureState, next: SignatureState): SignatureState {
  const { form } = state;
  if (form.kind === 'chord') return changed(state, { form: { ...form, body: linked(form.body, next) } });
  const [first, ...others] = form.kind === 'group' ? form.members : [];
  if (form.kind === 'group' && first !== undefined) {
    const members = [linked(first, changed(next, { immutable: true })), ...others];
    return changed(state, { form: { ...form, members } });
  }
  return changed(state, { links: added(state.links, next) });
}

/** Has an error handler called: by a task or a chain that fails, by each member of a group, and once for a chord, in the place of its body. */
export function errorLinked(state: SignatureState, handler: SignatureState): SignatureState {
  const { form } = state;
  if (form.kind === 'chord') return changed(state, { form: { ...form, body: errorLinked(form.body, handler) } });
  if (form.kind === 'group') {
    return changed(state, { form: { ...form, members: form.members.map((each) => errorLinked(each, handler)) } });
  }
  return changed(state, { errorLinks: added(state.errorLinks, handler) });
}

/**
 * The same for a step that others follow: a group that ends it is a chord's header in the end, and the handler is told once, by what follows, not by each member.
 */
export function errorLinkedBefore(state: SignatureState, handler: SignatureState): SignatureState {
  const { form } = state;
  switch (form.kind) {
    case 'group':
      return state;
    case 'chord':
      return changed(state, { form: { ...form, body: errorLinkedBefore(form.body, handler) } });
    case 'chain':
      return changed(state, { form: { ...form, steps: form.steps.map((step) => errorLinkedBefore(step, handler)) } });
    default:
      return errorLinked(state, handler);
  }
}

/**
 * Has an error handler called by each member that fails.
 * @throws {InvalidSignatureError} for what has no members
 */
export function memberErrorLinked(state: SignatureState, handler: SignatureState): SignatureState {
  const { form } = state;
  if (form.kind === 'group' || form.kind === 'chunks') return errorLinked(state, handler);
  if (form.kind !== 'chord') {
    throw new InvalidSignatureError('onMemberError', 'that of a group or a chord; a chain has onError()', form.kind);
  }
  return changed(state, { form: { ...form, header: form.header.map((each) => errorLinked(each, handler)) } });
}

/** The same one is linked once. */
function added(links: readonly SignatureState[], next: SignatureState): readonly SignatureState[] {
  const map = mapOf(next);
  return links.some((each) => isDeepStrictEqual(mapOf(each), map)) ? links : [...links, next];
}

function mapOf(state: SignatureState): SignatureMap {
  return toSignatureMap(state, (priority) => priority);
}
