import { groupOfChunks, MAX_SIGNATURE_DEPTH } from '../../canvas/index.js';
import { InvalidSignatureError } from '../../errors/index.js';
import { newId, parseSignature, parseSignatures, type SignatureMap } from '../../protocol/index.js';
import { collected, joined } from './join-steps.js';
import { linked, withOptions } from './workflow-options.js';
import type { CanvasNode, GroupNode, Member } from './canvas-node.js';

/** What is sent may be nested deeper than what was written: a level that yields a list gets one more. */
const DEEPEST_WORKFLOW = 2 * MAX_SIGNATURE_DEPTH;

/** Options that say where a signature stands in its workflow, rather than how it is sent. */
const PLACES: ReadonlySet<string> = new Set([
  'task_id',
  'group_id',
  'group_index',
  'chord',
  'chain',
  'root_id',
  'parent_id',
  'reply_to',
  'link',
  'link_error',
  'add_to_parent',
]);

type Options = Readonly<Record<string, unknown>>;

/**
 * Gives a signature map its ids, those that it has not got, and the form in which it runs: chains within chains are one, groups within groups are one, a group
 * that is followed by a step is a chord, and what follows a chord belongs to its body. A member of a chord's header that yields a list of results gets a last step that
 * makes one result of them.
 * @param taskId of the task whose result is that of the whole
 * @throws {InvalidSignatureError} naming the place of what cannot be run
 * @source celery/canvas.py `_chain.prepare_steps`, `group.freeze`, `_chord.freeze`
 */
export function composeWorkflow(map: SignatureMap, taskId?: string): CanvasNode {
  return compose(map, 'signature', 1, taskId);
}

/** A chain of maps, the next of them first. */
export function composeSteps(maps: readonly SignatureMap[]): CanvasNode {
  const node = joined(maps.map((map, index) => compose(map, `chain[${index}]`, 1)));
  if (node === undefined) throw new InvalidSignatureError('chain', 'at least one step', maps);
  return node;
}

function compose(map: SignatureMap, place: string, depth: number, taskId?: string): CanvasNode {
  if (depth > DEEPEST_WORKFLOW) {
    throw new InvalidSignatureError(place, `nested no deeper than ${DEEPEST_WORKFLOW} levels`, map.task);
  }
  switch (map.subtask_type ?? null) {
    case 'chain':
      return composeChain(map, place, depth, taskId);
    case 'group':
      return composeGroup(map, place, depth);
    case 'chord':
      return composeChord(map, place, depth, taskId);
    default: {
      const chunks = groupOfChunks(map, place);
      if (chunks !== map) return composeGroup(chunks, place, depth);
      const id = textOf(map.options?.['task_id']) ?? taskId ?? newId();
      return { kind: 'task', id, map };
    }
  }
}

function composeChain(map: SignatureMap, place: string, depth: number, taskId: string | undefined): CanvasNode {
  const maps = mapsAt(map.kwargs?.['tasks'], `${place}.kwargs.tasks`);
  const lastId = taskId ?? textOf(map.options?.['task_id']);
  const steps = maps.map((step, index) =>
    compose(step, `${place}.kwargs.tasks[${index}]`, depth + 1, index === maps.length - 1 ? lastId : undefined),
  );
  const node = joined(steps);
  if (node === undefined) throw new InvalidSignatureError(`${place}.kwargs.tasks`, 'at least one step', maps);
  const { callbacks, errors } = linksOf(map);
  return withOptions(linked(node, { callbacks }, errors), ownOptions(map));
}

function composeGroup(map: SignatureMap, place: string, depth: number): GroupNode {
  const id = textOf(map.options?.['task_id']) ?? newId();
  const nodes = mapsAt(map.kwargs?.['tasks'], `${place}.kwargs.tasks`).map((member, index) =>
    compose(member, `${place}.kwargs.tasks[${index}]`, depth + 1),
  );
  const chord = map.options?.['chord'] ?? undefined;
  const group: GroupNode = {
    kind: 'group',
    id,
    members: membersOf(nodes),
    chord: chord === undefined ? undefined : parseAt(chord, `${place}.options.chord`),
  };
  const { callbacks, errors } = linksOf(map);
  return withOptions(linked(group, { callbacks }, errors), ownOptions(map)) as GroupNode;
}

function composeChord(map: SignatureMap, place: string, depth: number, taskId: string | undefined): CanvasNode {
  const { header, body } = map.kwargs ?? {};
  const headerPlace = `${place}.kwargs.header`;
  const headerMap: SignatureMap = Array.isArray(header)
    ? { task: 'celery.group', subtask_type: 'group', kwargs: { tasks: header } }
    : parseAt(header, headerPlace);
  const headerNode = compose(headerMap, headerPlace, depth + 1);
  const members = headerNode.kind === 'group' ? headerNode.members : membersOf([headerNode]);
  const id = headerNode.kind === 'group' ? headerNode.id : newId();
  const ownId = textOf(map.options?.['task_id']);
  const bodyId = taskId ?? (ownId === id ? undefined : ownId); // a frozen chord bears the id of its group
  const bodyNode = compose(parseAt(body, `${place}.kwargs.body`), `${place}.kwargs.body`, depth + 1, bodyId);
  const { callbacks, errors } = linksOf(map);
  const node: CanvasNode = {
    kind: 'chord',
    id,
    header: members.map(({ node: member, index }) => ({ node: collected(member), index })),
    body: bodyNode,
  };
  return withOptions(linked(node, { callbacks }, errors), ownOptions(map));
}

/** Members of groups among them are theirs. What says where they stand is left to those who send them, but for an order that was given. */
function membersOf(nodes: readonly CanvasNode[]): readonly Member[] {
  const flat = nodes.flatMap((node) => (node.kind === 'group' ? node.members.map((member) => member.node) : [node]));
  const placed = flat.map(takePlace);
  const given = placed.map(({ index }) => index);
  const isOrdered = !given.includes(undefined) && new Set(given).size === given.length;
  return placed.map(({ node, index }, at) => ({ node, index: isOrdered ? (index as number) : at }));
}

/** A node without the place in a group that was written into it, and its index there. */
function takePlace(node: CanvasNode): { readonly node: CanvasNode; readonly index: number | undefined } {
  switch (node.kind) {
    case 'task': {
      if (!hasPlace(node.map.options)) return { node, index: undefined };
      const { group_id: _group, group_index: index, chord: _chord, ...options } = node.map.options;
      return {
        node: { ...node, map: { ...node.map, options } },
        index: typeof index === 'number' ? index : undefined,
      };
    }
    case 'chain': {
      const { node: last, index } = takePlace(node.steps.at(-1) as CanvasNode);
      return { node: { ...node, steps: [...node.steps.slice(0, -1), last] }, index };
    }
    case 'chord': {
      const { node: body, index } = takePlace(node.body);
      return { node: { ...node, body }, index };
    }
    case 'group':
      return { node, index: undefined };
  }
}

function hasPlace(options: Options | undefined): options is Options {
  return options !== undefined && ('group_id' in options || 'group_index' in options || 'chord' in options);
}

function linksOf({ options = {} }: SignatureMap): {
  readonly callbacks: readonly SignatureMap[];
  readonly errors: readonly SignatureMap[];
} {
  return {
    callbacks: parseSignatures(options['link'], 'options.link'),
    errors: parseSignatures(options['link_error'], 'options.link_error'),
  };
}

/** Those that say how its tasks are sent. */
function ownOptions({ options = {} }: SignatureMap): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => !PLACES.has(name) && value !== null && value !== undefined),
  );
}

function mapsAt(value: unknown, place: string): readonly SignatureMap[] {
  if (!Array.isArray(value)) throw new InvalidSignatureError(place, 'a list of signatures', value);
  return value.map((each, index) => parseAt(each, `${place}[${index}]`));
}

function parseAt(value: unknown, place: string): SignatureMap {
  try {
    return parseSignature(value, place);
  } catch (error) {
    throw new InvalidSignatureError(place, 'a signature, a map with a "task"', value, { cause: error });
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
