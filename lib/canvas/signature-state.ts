import { InvalidSignatureError } from '../errors/index.js';
import type { WireOptions } from './signature-options.js';

/** What a signature is: one task, or an arrangement of other signatures. */
export type SignatureForm =
  | { readonly kind: 'task' }
  | { readonly kind: 'chain'; readonly steps: readonly SignatureState[] }
  | { readonly kind: 'group'; readonly members: readonly SignatureState[] }
  | {
      readonly kind: 'chord';
      readonly header: readonly SignatureState[];
      /** What the header says where it is a group with something to say; its members are those of `header`. */
      readonly headerGroup: SignatureState | undefined;
      readonly body: SignatureState;
    }
  | { readonly kind: 'map' | 'starmap'; readonly each: SignatureState; readonly items: readonly unknown[] }
  | {
      readonly kind: 'chunks';
      readonly each: SignatureState;
      readonly items: readonly unknown[];
      readonly size: number;
    };

export type SignatureKind = SignatureForm['kind'];

/** All that a signature holds. Plain values that never change, so that signatures share what they have in common. */
export interface SignatureState {
  readonly form: SignatureForm;
  readonly task: string;
  readonly args: readonly unknown[];
  /** Without what stands in the form. */
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly immutable: boolean;
  readonly isTyped: boolean;
  /** As they travel, but for the links. A priority in them came from the wire and stays as it is. */
  readonly options: WireOptions;
  /** As users write it: 0 to 9, higher is more urgent. */
  readonly priority: number | undefined;
  readonly links: readonly SignatureState[];
  readonly errorLinks: readonly SignatureState[];
  /** Keys of a map that this version does not know. */
  readonly unknown: Readonly<Record<string, unknown>>;
  /** Levels of signatures in signatures, links included; 1 for a task alone. */
  readonly depth: number;
}

/**
 * Signatures in signatures that are built and read. Each takes about four levels of the JSON it travels as, of which Python's reader takes
 * less than a thousand, and a message holds what follows it as often as it has members.
 */
export const MAX_SIGNATURE_DEPTH = 64;

const NOTHING: readonly SignatureState[] = Object.freeze([]);
const NO_KEYS: Readonly<Record<string, unknown>> = Object.freeze({});

const PLAIN: Omit<SignatureState, 'task' | 'form' | 'depth'> = {
  args: [],
  kwargs: NO_KEYS,
  immutable: false,
  isTyped: false,
  options: NO_KEYS,
  priority: undefined,
  links: NOTHING,
  errorLinks: NOTHING,
  unknown: NO_KEYS,
};

export const TASK: SignatureForm = Object.freeze({ kind: 'task' });

/** @throws {InvalidSignatureError} when it is nested too deep */
export function newState(
  given: Partial<Omit<SignatureState, 'depth'>> & Pick<SignatureState, 'task' | 'form'>,
): SignatureState {
  const state = { ...PLAIN, ...given };
  return { ...state, depth: depthOf(state) };
}

/** The same but for some changes. @throws {InvalidSignatureError} when it is nested too deep */
export function changed(state: SignatureState, changes: Partial<Omit<SignatureState, 'depth'>>): SignatureState {
  const next = { ...state, ...changes };
  return 'form' in changes || 'links' in changes || 'errorLinks' in changes ? { ...next, depth: depthOf(next) } : next;
}

/** The signatures that a form arranges, in the order in which they stand. */
export function partsOf(form: SignatureForm): readonly SignatureState[] {
  switch (form.kind) {
    case 'task':
      return NOTHING;
    case 'chain':
      return form.steps;
    case 'group':
      return form.members;
    case 'chord':
      return [...form.header, form.body];
    case 'map':
    case 'starmap':
    case 'chunks':
      return [form.each];
  }
}

/** Whether what it is sent as ends in several tasks whose results belong together. */
export function yieldsGroup({ form }: SignatureState): boolean {
  if (form.kind === 'group' || form.kind === 'chunks') return true;
  if (form.kind === 'chord') return yieldsGroup(form.body);
  const last = form.kind === 'chain' ? form.steps.at(-1) : undefined;
  return last !== undefined && yieldsGroup(last);
}

/** Whether it is nothing but one task and its arguments. */
export function isBare({ form, options, priority, links, errorLinks, unknown }: SignatureState): boolean {
  return (
    form.kind === 'task' &&
    priority === undefined &&
    links.length === 0 &&
    errorLinks.length === 0 &&
    Object.keys(options).length === 0 &&
    Object.keys(unknown).length === 0
  );
}

function depthOf({ task, form, links, errorLinks }: Omit<SignatureState, 'depth'>): number {
  let deepest = 0;
  for (const each of partsOf(form)) deepest = Math.max(deepest, each.depth);
  for (const each of links) deepest = Math.max(deepest, each.depth);
  for (const each of errorLinks) deepest = Math.max(deepest, each.depth);
  if (deepest >= MAX_SIGNATURE_DEPTH) {
    throw new InvalidSignatureError(
      `nesting of ${task}`,
      `at most ${MAX_SIGNATURE_DEPTH} levels of signatures in one another, links included`,
      deepest + 1,
    );
  }
  return deepest + 1;
}
