import { InvalidSignatureError } from '../errors/index.js';
import { refuseUnknownKeys } from '../options/index.js';
import { mergeStamps, stampNames, type Stamps } from './stamps.js';
import { changed, type SignatureState } from './signature-state.js';
import type { SignatureView } from './signature-view.js';

/** What a visitor has stamped: all that it returns, or of that only what `stampedHeaders` names. */
export type VisitorStamps = Stamps & { readonly stampedHeaders?: readonly string[] };

type Stamped = VisitorStamps | void;

/**
 * Says what is stamped on each signature of a workflow. Its methods get the signature and the stamps that it has from those around it, and return more.
 * @source celery/canvas.py `StampingVisitor`
 */
export interface StampingVisitor {
  onSignature(signature: SignatureView, stamps: Stamps): Stamped;
  onGroupStart?(group: SignatureView, stamps: Stamps): Stamped;
  onGroupEnd?(group: SignatureView, stamps: Stamps): void;
  onChainStart?(chain: SignatureView, stamps: Stamps): Stamped;
  onChainEnd?(chain: SignatureView, stamps: Stamps): void;
  /** @defaultValue what `onGroupStart` says of it */
  onChordHeaderStart?(chord: SignatureView, stamps: Stamps): Stamped;
  /** @defaultValue `onGroupEnd` */
  onChordHeaderEnd?(chord: SignatureView, stamps: Stamps): void;
  onChordBody?(chord: SignatureView, stamps: Stamps): Stamped;
  /** Of what is linked to a signature; `onSignature` is asked, too. */
  onCallback?(callback: SignatureView, stamps: Stamps): Stamped;
  /** Of its error handlers; `onSignature` is asked, too. */
  onErrback?(errback: SignatureView, stamps: Stamps): Stamped;
}

export interface StampOptions {
  /** A stamp that is there already becomes a list of both values, rather than keeping the one given last. @defaultValue false */
  readonly appendStamps?: boolean;
  /** Stamps besides those of a visitor. */
  readonly stamps?: Stamps;
}

/** Who is asked, how stamps are joined, and how a state is shown to the one who is asked. */
interface Stamper {
  readonly visitor: Partial<StampingVisitor> | undefined;
  readonly append: boolean;
  readonly show: (state: SignatureState) => SignatureView;
}

/**
 * A signature and all in it, with stamps.
 * @throws {InvalidSignatureError} for a stamp that cannot be one
 * @throws {UnknownOptionError}
 * @source celery/canvas.py `Signature.stamp` and those of each kind
 */
export function stamped(
  state: SignatureState,
  given: Stamps | StampingVisitor,
  options: StampOptions,
  show: Stamper['show'],
): SignatureState {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidSignatureError('stamp', 'an object of stamps, or a visitor with onSignature()', given);
  }
  refuseUnknownKeys(options, ['appendStamps', 'stamps'], 'stamp');
  const visitor = isVisitor(given) ? given : undefined;
  const stamps = visitor === undefined ? { ...options.stamps, ...(given as Stamps) } : (options.stamps ?? {});
  return stampedBy({ visitor, append: options.appendStamps === true, show }, state, stampNames(stamps, stamps));
}

function isVisitor(given: Stamps | StampingVisitor): given is StampingVisitor {
  return typeof given['onSignature'] === 'function';
}

function stampedBy(by: Stamper, state: SignatureState, around: Stamps): SignatureState {
  switch (state.form.kind) {
    case 'chain':
      return stampedChain(by, state, around);
    case 'group':
      return stampedGroup(by, state, around);
    case 'chord':
      return stampedChord(by, state, around);
    default:
      return stampedTask(by, state, around);
  }
}

function stampedTask(by: Stamper, state: SignatureState, around: Stamps): SignatureState {
  const linked = withStampedLinks(by, state, around);
  const stamps = collect(by, linked, around, by.visitor?.onSignature?.(by.show(linked), around));
  return changed(linked, { options: { ...linked.options, ...stamps, stamped_headers: Object.keys(stamps) } });
}

function stampedChain(by: Stamper, state: SignatureState, around: Stamps): SignatureState {
  const stamps = collect(by, state, around, by.visitor?.onChainStart?.(by.show(state), around));
  const linked = withStampedLinks(by, state, stamps);
  const { form } = linked;
  if (form.kind !== 'chain') return linked;
  const made = changed(linked, { form: { ...form, steps: form.steps.map((each) => stampedBy(by, each, stamps)) } });
  by.visitor?.onChainEnd?.(by.show(made), stamps);
  return made;
}

function stampedGroup(by: Stamper, state: SignatureState, around: Stamps): SignatureState {
  const stamps = collect(by, state, around, by.visitor?.onGroupStart?.(by.show(state), around));
  const linked = withStampedLinks(by, state, stamps);
  const { form } = linked;
  if (form.kind !== 'group') return linked;
  const made = changed(linked, {
    form: { ...form, members: form.members.map((each) => stampedBy(by, each, stamps)) },
  });
  by.visitor?.onGroupEnd?.(by.show(made), stamps);
  return made;
}

/** Celery leaves the body without the stamps where there is no visitor; here it has them, so that all of a workflow can be revoked by one. */
function stampedChord(by: Stamper, state: SignatureState, around: Stamps): SignatureState {
  const { visitor, show } = by;
  const stamps = collect(by, state, around, startOfHeader(by, state, around));
  const linked = withStampedLinks(by, state, stamps);
  const { form } = linked;
  if (form.kind !== 'chord') return linked;
  const withHeader = changed(linked, {
    form: { ...form, header: form.header.map((each) => stampedBy(by, each, stamps)) },
  });
  if (visitor?.onChordHeaderEnd === undefined) visitor?.onGroupEnd?.(show(headerOf(withHeader)), stamps);
  else visitor.onChordHeaderEnd(show(withHeader), stamps);
  const ofBody = collect(by, withHeader, stamps, visitor?.onChordBody?.(show(withHeader), stamps));
  return changed(withHeader, {
    form: { ...form, header: headerStates(withHeader), body: stampedBy(by, form.body, ofBody) },
  });
}

function startOfHeader({ visitor, show }: Stamper, state: SignatureState, around: Stamps): Stamped {
  return visitor?.onChordHeaderStart === undefined
    ? visitor?.onGroupStart?.(show(headerOf(state)), around)
    : visitor.onChordHeaderStart(show(state), around);
}

function headerOf(chord: SignatureState): SignatureState {
  return changed(chord, { task: 'celery.group', kwargs: {}, form: { kind: 'group', members: headerStates(chord) } });
}

function headerStates({ form }: SignatureState): readonly SignatureState[] {
  return form.kind === 'chord' ? form.header : [];
}

/** What follows a signature has the stamps around it, and not its own. */
function withStampedLinks(by: Stamper, state: SignatureState, around: Stamps): SignatureState {
  const { links, errorLinks } = state;
  if (links.length === 0 && errorLinks.length === 0) return state;
  const { visitor, show, append } = by;
  const stampLink = (link: SignatureState, ask: ((link: SignatureView, stamps: Stamps) => Stamped) | undefined) => {
    const asked = ask?.call(visitor, show(link), around);
    return stampedBy(by, link, mergeStamps(around, namedBy(asked), append));
  };
  return changed(state, {
    links: links.map((each) => stampLink(each, visitor?.onCallback)),
    errorLinks: errorLinks.map((each) => stampLink(each, visitor?.onErrback)),
  });
}

/** The stamps around a signature, then those that it is given now, then those that it has. */
function collect({ append }: Stamper, { options }: SignatureState, around: Stamps, given: Stamped): Stamps {
  const own = options['stamped_headers'];
  const named = mergeStamps(around, namedBy(given), append);
  const kept = Object.keys(options).filter((name) => name in named || (Array.isArray(own) && own.includes(name)));
  return mergeStamps(named, Object.fromEntries(kept.map((name) => [name, options[name]])), append);
}

function namedBy(given: Stamped): Stamps {
  if (given === undefined || given === null) return {};
  const { stampedHeaders, ...stamps } = given;
  return stampNames(stamps, stampedHeaders);
}
