import { InvalidSignatureError } from '../errors/index.js';
import { mergeWireOptions, priorityOf, toWireOptions, type WireOptions } from './signature-options.js';
import type { SignatureReplacement } from './signature-parts.js';
import { changed, type SignatureState } from './signature-state.js';

type Kwargs = Readonly<Record<string, unknown>>;

/**
 * A signature called with more: a task takes arguments before those it stores, a chain's first step, each member of a group and of a chord's
 * header in its place. What is immutable takes none.
 * @source celery/canvas.py `Signature._merge`
 */
export function called(state: SignatureState, args: readonly unknown[], kwargs: Kwargs): SignatureState {
  if (state.immutable || (args.length === 0 && Object.keys(kwargs).length === 0)) return state;
  if (state.form.kind !== 'task') return onTakers(state, (each) => called(each, args, kwargs));
  return changed(state, { args: [...args, ...state.args], kwargs: { ...state.kwargs, ...kwargs } });
}

/** Has what would take further arguments take none, or take them again. @source celery/canvas.py `group.set_immutable` */
export function madeImmutable(state: SignatureState, immutable: boolean): SignatureState {
  return state.form.kind === 'task'
    ? changed(state, { immutable })
    : onTakers(state, (each) => madeImmutable(each, immutable));
}

/** With options of a call; `options` are as they travel. */
export function withOptions(state: SignatureState, options: WireOptions, priority?: number): SignatureState {
  return changed(state, {
    options: mergeWireOptions(state.options, options),
    priority: priority ?? state.priority,
  });
}

/** With other arguments, keyword arguments or options in the place of those it has. @source celery/canvas.py `Signature.replace` */
export function replaced(state: SignatureState, { args, kwargs, options }: SignatureReplacement): SignatureState {
  const hasArguments = args !== undefined || kwargs !== undefined;
  if (hasArguments && state.form.kind !== 'task') {
    throw new InvalidSignatureError(
      'args',
      `left out for a ${state.form.kind}; replace those of its tasks`,
      args ?? kwargs,
    );
  }
  return changed(state, {
    ...(args === undefined ? {} : { args: [...args] }),
    ...(kwargs === undefined ? {} : { kwargs: { ...kwargs } }),
    ...(hasArguments ? { isTyped: false } : {}),
    ...(options === undefined ? {} : { options: toWireOptions(options), priority: priorityOf(options) }),
  });
}

/** Changes the parts of an arrangement that are called with what it is called with. */
function onTakers(state: SignatureState, change: (part: SignatureState) => SignatureState): SignatureState {
  const { form } = state;
  switch (form.kind) {
    case 'chain':
      return changed(state, {
        form: { ...form, steps: form.steps.map((each, index) => (index === 0 ? change(each) : each)) },
      });
    case 'group':
      return changed(state, { form: { ...form, members: form.members.map(change) } });
    case 'chord':
      return changed(state, { form: { ...form, header: form.header.map(change) } });
    case 'task':
    case 'map':
    case 'starmap':
    case 'chunks':
      return state;
  }
}
