import { InvalidSignatureError } from '../errors/index.js';
import { called, madeImmutable, withOptions } from './signature-calls.js';
import { errorLinked, errorLinkedBefore, linked } from './signature-links.js';
import type { WireOptions } from './signature-options.js';
import { changed, newState, type SignatureState } from './signature-state.js';

/** Options of a chain that are those of its last step; all others are those of its first. @source celery/canvas.py `_CHAIN_RUN_OPTIONS` */
const OF_LAST_STEP = new Set(['task_id', 'group_id', 'group_index', 'chord']);

/**
 * A chain of steps in the form in which Celery writes it: chains in it are spliced, a group that something follows becomes a chord, and what
 * follows a chord goes into its body.
 * @throws {InvalidSignatureError} naming the step that cannot be one
 * @source celery/canvas.py `_fold_chain`, `_merge_chain_step`
 */
export function chainOf(given: readonly SignatureState[]): SignatureState {
  const steps = given.flatMap((each, index) => stepsOf(each, `steps[${index}]`));
  const [first, ...others] = steps;
  if (first === undefined) throw new InvalidSignatureError('steps', 'one signature or more', given);
  if (first.form.kind === 'group') return others.reduce(piped, first);
  const folded: SignatureState[] = [];
  for (const step of steps) addStep(folded, step);
  return rawChain(folded);
}

/**
 * One signature followed by another.
 * @throws {InvalidSignatureError} naming the one that cannot be followed, or cannot follow
 * @source celery/canvas.py `Signature.__or__` and those of each kind
 */
export function piped(given: SignatureState, next: SignatureState): SignatureState {
  const before = asGroup(given);
  const after = asGroup(next);
  const { form } = before;
  if (form.kind === 'group') return chordOf(before, after);
  if (form.kind === 'chord' && after.form.kind !== 'chain' && after.form.kind !== 'group') {
    return followedInBody(before, after);
  }
  if (form.kind === 'chain') {
    const steps = [...stepsOf(before, 'this')];
    for (const step of stepsOf(after, 'next')) addStep(steps, step);
    return rawChain(steps);
  }
  return rawChain([before, ...stepsOf(after, 'next')]);
}

/**
 * A body that is called with the results of a header.
 * @param header a group, or its members
 * @throws {InvalidSignatureError} when the header is empty
 */
export function chordOf(header: SignatureState | readonly SignatureState[], given: SignatureState): SignatureState {
  const group = isState(header) ? asGroup(header) : undefined;
  const members = (isState(header) ? membersOf(asGroup(header)) : header).map(asGroup);
  if (countLeaves(members) === 0) {
    throw new InvalidSignatureError('header', 'a group, or an array, of one signature or more', members);
  }
  const body = asGroup(given);
  checkNotEmpty(body, 'body');
  const id = group?.options['task_id'];
  const headerGroup = id === undefined ? undefined : newGroup([], { task_id: id });
  return newState({
    task: 'celery.chord',
    kwargs: { kwargs: {} },
    form: { kind: 'chord', header: members, headerGroup, body },
    isTyped: true,
  });
}

export function newGroup(members: readonly SignatureState[], options: WireOptions = {}): SignatureState {
  return newState({
    task: 'celery.group',
    form: { kind: 'group', members: members.map(asGroup) },
    isTyped: true,
    options,
  });
}

/** Chunks are sent as a group: of one task each, that calls the task with each of its part. @source celery/canvas.py `chunks.group` */
export function asGroup(state: SignatureState): SignatureState {
  const { form, options, priority, links, errorLinks } = state;
  if (form.kind !== 'chunks') return state;
  const members: SignatureState[] = [];
  for (let at = 0; at < form.items.length; at += form.size) {
    members.push(newMapping('starmap', form.each, form.items.slice(at, at + form.size)));
  }
  const group = changed(newGroup(members), { options, priority });
  return errorLinks.reduce(errorLinked, links.reduce(linked, group));
}

export function newMapping(kind: 'map' | 'starmap', each: SignatureState, items: readonly unknown[]): SignatureState {
  return newState({ task: `celery.${kind}`, form: { kind, each, items }, immutable: true, isTyped: true });
}

/** The members of a group with what it says of all of them. */
function membersOf(group: SignatureState): readonly SignatureState[] {
  const { form, args, kwargs, immutable, options, priority, links, errorLinks } = group;
  if (form.kind !== 'group') return [group];
  const { task_id: _id, ...others } = options;
  return form.members.map((member, index) => {
    let state = withOptions(called(member, args, kwargs), others, priority);
    if (immutable) state = madeImmutable(state, true);
    if (index === 0) state = links.reduce((each, link) => linked(each, changed(link, { immutable: true })), state);
    return errorLinks.reduce(errorLinked, state);
  });
}

/** The steps of a chain with what it says of all of them, of its first and of its last; of anything else, itself. */
function stepsOf(state: SignatureState, place: string): readonly SignatureState[] {
  const { form, args, kwargs, immutable, options, priority, links, errorLinks } = state;
  if (form.kind !== 'chain') {
    const step = asGroup(state);
    checkNotEmpty(step, place);
    return [step];
  }
  const steps = form.steps.flatMap((each, index) => stepsOf(each, `${place}.tasks[${index}]`));
  if (steps.length === 0) throw new InvalidSignatureError(place, 'a chain with one step or more', []);
  const entries = Object.entries(options);
  const ofFirst = Object.fromEntries(entries.filter(([name]) => !OF_LAST_STEP.has(name)));
  const ofLast = Object.fromEntries(entries.filter(([name]) => OF_LAST_STEP.has(name)));
  return steps.map((step, index) => {
    const isLast = index === steps.length - 1;
    let changedStep = errorLinks.reduce(isLast ? errorLinked : errorLinkedBefore, step);
    if (index === 0) {
      changedStep = withOptions(called(changedStep, args, kwargs), ofFirst, priority);
      if (immutable) changedStep = madeImmutable(changedStep, true);
    }
    if (!isLast) return changedStep;
    return links.reduce(linked, withOptions(changedStep, ofLast));
  });
}

/** The rules only look at the last step, so that long chains are built in one pass. Of two groups in a row the first becomes a chord when it is sent. */
function addStep(steps: SignatureState[], step: SignatureState): void {
  const last = steps.at(-1);
  if (last?.form.kind === 'group' && step.form.kind !== 'group') {
    steps.pop();
    const joined = chordOf(last, step);
    const before = steps.at(-1);
    if (before?.form.kind === 'chord') steps[steps.length - 1] = followedInBody(before, joined);
    else steps.push(joined);
  } else if (last?.form.kind === 'chord' && step.form.kind !== 'chord') {
    steps[steps.length - 1] = followedInBody(last, step);
  } else steps.push(step);
}

/** What the chord says of its result is said of the body it had: its id, and what follows it. */
function followedInBody(chord: SignatureState, next: SignatureState): SignatureState {
  const { form, options, links, errorLinks } = chord;
  if (form.kind !== 'chord') return chord;
  const { task_id: id, ...others } = options;
  const body = errorLinks.reduce(errorLinked, links.reduce(linked, withOptions(form.body, { task_id: id })));
  return changed(chord, {
    form: { ...form, body: piped(body, next) },
    options: others,
    links: [],
    errorLinks: [],
  });
}

function rawChain(steps: readonly SignatureState[]): SignatureState {
  return newState({ task: 'celery.chain', form: { kind: 'chain', steps }, isTyped: true });
}

function checkNotEmpty(state: SignatureState, place: string): void {
  if (state.form.kind !== 'group' || countLeaves([state]) > 0) return;
  throw new InvalidSignatureError(place, 'a group of one signature or more, as others come before or after it', []);
}

/** Members that a group has when groups directly in it are taken apart. */
export function countLeaves(members: readonly SignatureState[]): number {
  return members.reduce((count, { form }) => count + (form.kind === 'group' ? countLeaves(form.members) : 1), 0);
}

function isState(value: SignatureState | readonly SignatureState[]): value is SignatureState {
  return !Array.isArray(value);
}
