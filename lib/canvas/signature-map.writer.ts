import type { SignatureMap } from '../protocol/index.js';
import type { SignatureForm, SignatureState } from './signature-state.js';

/** Turns a priority, 0 to 9 with 9 the most urgent, into what the broker that carries a signature expects. */
export type PriorityOnWire = (priority: number) => number;

/** A signature as it travels. @source celery/canvas.py */
export function toSignatureMap(state: SignatureState, toWire: PriorityOnWire): SignatureMap {
  const { form, task, args, immutable, options, priority, links, errorLinks, unknown } = state;
  const write = (each: SignatureState): SignatureMap => toSignatureMap(each, toWire);
  return {
    ...unknown,
    task,
    args,
    kwargs: kwargsOf(state, toWire),
    options: {
      ...options,
      ...(priority === undefined ? {} : { priority: toWire(priority) }),
      ...(links.length === 0 ? {} : { link: links.map(write) }),
      ...(errorLinks.length === 0 ? {} : { link_error: errorLinks.map(write) }),
    },
    subtask_type: subtaskTypeOf(form),
    immutable,
  };
}

/** Keyword arguments as they travel: those of an arrangement hold its parts. */
export function kwargsOf({ form, kwargs }: SignatureState, toWire: PriorityOnWire): Readonly<Record<string, unknown>> {
  const write = (each: SignatureState): SignatureMap => toSignatureMap(each, toWire);
  switch (form.kind) {
    case 'task':
      return kwargs;
    case 'chain':
      return { ...kwargs, tasks: form.steps.map(write) };
    case 'group':
      return { ...kwargs, tasks: form.members.map(write) };
    case 'chord':
      return { ...kwargs, header: headerOf(form, write), body: write(form.body) };
    case 'map':
    case 'starmap':
      return { ...kwargs, task: write(form.each), it: form.items };
    case 'chunks':
      return { ...kwargs, task: write(form.each), it: form.items, n: form.size };
  }
}

function headerOf(
  { header, headerGroup }: Extract<SignatureForm, { kind: 'chord' }>,
  write: (state: SignatureState) => SignatureMap,
): unknown {
  if (headerGroup === undefined) return header.map(write);
  return write({ ...headerGroup, form: { kind: 'group', members: header } });
}

function subtaskTypeOf({ kind }: SignatureForm): NonNullable<SignatureMap['subtask_type']> | null {
  return kind === 'chain' || kind === 'group' || kind === 'chord' ? kind : null;
}
