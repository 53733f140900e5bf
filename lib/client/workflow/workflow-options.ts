import { mergeWireOptions } from '../../canvas/index.js';
import type { SignatureMap } from '../../protocol/index.js';
import type { Member, TaskNode, CanvasNode } from './canvas-node.js';

type Options = Readonly<Record<string, unknown>>;

export interface Callbacks {
  readonly callbacks?: readonly SignatureMap[];
}

/**
 * With callbacks and errbacks of its own: callbacks of a chain are those of its last step, of a chord those of its body, of a group those of its first member, without the
 * result. Errbacks are those of each step of a chain, of each member of a group, and of the body of a chord.
 * @source celery/canvas.py `link`, `link_error` of each kind
 */
export function linked(node: CanvasNode, { callbacks = [] }: Callbacks, errors: readonly SignatureMap[]): CanvasNode {
  if (callbacks.length + errors.length === 0) return node;
  switch (node.kind) {
    case 'task':
      return withLists(node, callbacks, errors);
    case 'chain': {
      const last = node.steps.length - 1;
      return {
        ...node,
        steps: node.steps.map((step, index) => linked(step, index === last ? { callbacks } : {}, errors)),
      };
    }
    case 'group': {
      const quiet = callbacks.map((callback) => ({ ...callback, immutable: true }));
      return {
        ...node,
        members: eachMember(node.members, (member, index) =>
          linked(member, index === 0 ? { callbacks: quiet } : {}, errors),
        ),
      };
    }
    case 'chord':
      return { ...node, body: linked(node.body, { callbacks }, errors) };
  }
}

/**
 * With options for all that it sends first; those of a chord are its body's as well, but for the time to begin.
 * @source celery/canvas.py `_chain.run`, `group._apply_tasks`, `_chord.run`
 */
export function withOptions(node: CanvasNode, options: Options): CanvasNode {
  if (Object.keys(options).length === 0) return node;
  switch (node.kind) {
    case 'task':
      return { ...node, map: { ...node.map, options: mergeWireOptions(node.map.options ?? {}, options) } };
    case 'chain': {
      const [first, ...others] = node.steps;
      return { ...node, steps: [withOptions(first as CanvasNode, options), ...others] };
    }
    case 'group':
      return { ...node, members: eachMember(node.members, (member) => withOptions(member, options)) };
    case 'chord': {
      const { countdown: _countdown, eta: _eta, ...later } = options;
      return {
        ...node,
        header: eachMember(node.header, (member) => withOptions(member, options)),
        body: withOptions(node.body, later),
      };
    }
  }
}

/** A signature as far as its failure needs it. */
export function withoutCallbacks(map: SignatureMap): SignatureMap {
  const { link: _link, ...options } = map.options ?? {};
  return { ...map, options };
}

function eachMember(
  members: readonly Member[],
  change: (node: CanvasNode, index: number) => CanvasNode,
): readonly Member[] {
  return members.map(({ node, index }, at) => ({ node: change(node, at), index }));
}

function withLists(node: TaskNode, callbacks: readonly SignatureMap[], errors: readonly SignatureMap[]): TaskNode {
  const options = node.map.options ?? {};
  return {
    ...node,
    map: {
      ...node.map,
      options: {
        ...options,
        ...(callbacks.length > 0 && { link: [...listOf(options['link']), ...callbacks] }),
        ...(errors.length > 0 && { link_error: [...listOf(options['link_error']), ...errors] }),
      },
    },
  };
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
