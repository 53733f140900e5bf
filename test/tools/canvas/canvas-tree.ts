import fc from 'fast-check';
import { chain, chord, group, signature, type Signature } from '../../../lib/canvas/index.js';
import { conducts, type Conduct } from './conduct.js';

/** A workflow as a test makes it up. Every composite may have a handler of its own that is told of failures. */
export type CanvasTree =
  | {
      readonly kind: 'task';
      readonly conduct: Conduct;
      readonly immutable: boolean;
      readonly handled: boolean;
    }
  | { readonly kind: 'chain'; readonly steps: readonly CanvasTree[]; readonly handled: boolean }
  | { readonly kind: 'group'; readonly members: readonly CanvasTree[]; readonly handled: boolean }
  | {
      readonly kind: 'chord';
      readonly header: readonly CanvasTree[];
      readonly body: CanvasTree;
      readonly handled: boolean;
    };

/** A tree whose tasks have numbers, and whose handlers have names. */
export type NumberedTree =
  | (Extract<CanvasTree, { kind: 'task' }> & { readonly n: number; readonly handler: string | undefined })
  | { readonly kind: 'chain'; readonly steps: readonly NumberedTree[]; readonly handler: string | undefined }
  | { readonly kind: 'group'; readonly members: readonly NumberedTree[]; readonly handler: string | undefined }
  | {
      readonly kind: 'chord';
      readonly header: readonly NumberedTree[];
      readonly body: NumberedTree;
      readonly handler: string | undefined;
    };

export const DEEPEST = 4;
export const MOST_NODES = 60;

/** Trees of every nesting, up to sixty nodes. */
export function canvasTrees(deepest = DEEPEST): fc.Arbitrary<CanvasTree> {
  const handled = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);
  const task = fc.record({
    kind: fc.constant('task' as const),
    conduct: conducts(),
    immutable: fc.integer({ min: 0, max: 6 }).map((n) => n === 0),
    handled,
  });
  const level = (depth: number): fc.Arbitrary<CanvasTree> => {
    if (depth <= 1) return task;
    const below = level(depth - 1);
    const several = fc.array(below, { minLength: 1, maxLength: 3 });
    return fc.oneof(
      { weight: 2, arbitrary: task },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('chain' as const), steps: several, handled }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('group' as const), members: several, handled }) },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('chord' as const), header: several, body: below, handled }),
      },
    );
  };
  return level(deepest).filter((tree) => sizeOf(tree) <= MOST_NODES);
}

function sizeOf(tree: CanvasTree): number {
  return 1 + childrenOf(tree).reduce((sum, each) => sum + sizeOf(each), 0);
}

function childrenOf(tree: CanvasTree): readonly CanvasTree[] {
  switch (tree.kind) {
    case 'task':
      return [];
    case 'chain':
      return tree.steps;
    case 'group':
      return tree.members;
    case 'chord':
      return [...tree.header, tree.body];
  }
}

/** Numbers in the order in which the tree is written. */
export function numbered(tree: CanvasTree, prefix: string, first = 0): NumberedTree {
  let next = first;
  const visit = (each: CanvasTree): NumberedTree => {
    const n = next++;
    const { handled, ...rest } = each;
    const handler = handled ? `${prefix}-h${n}` : undefined;
    switch (rest.kind) {
      case 'task':
        return { ...(each as Extract<CanvasTree, { kind: 'task' }>), n, handler };
      case 'chain':
        return { kind: 'chain', steps: rest.steps.map(visit), handler };
      case 'group':
        return { kind: 'group', members: rest.members.map(visit), handler };
      case 'chord':
        return { kind: 'chord', header: rest.header.map(visit), body: visit(rest.body), handler };
    }
  };
  return visit(tree);
}

type Any = Signature<readonly unknown[], unknown>;
const make = { chain, group, chord } as unknown as {
  readonly chain: (...steps: readonly Any[]) => Any;
  readonly group: (members: readonly Any[]) => Any;
  readonly chord: (header: readonly Any[], body: Any) => Any;
};

/** As a user would write it, of the task "node", and of "handler" for handlers. */
export function signatureOfTree(tree: NumberedTree, prefix: string): Any {
  const bare = bareSignature(tree, prefix);
  return tree.handler === undefined
    ? bare
    : bare.linkError(
        signature('handler', [], { kwargs: { tree: prefix, handler: tree.handler }, immutable: true }) as never,
      );
}

function bareSignature(tree: NumberedTree, prefix: string): Any {
  const all = (trees: readonly NumberedTree[]): readonly Any[] => trees.map((each) => signatureOfTree(each, prefix));
  switch (tree.kind) {
    case 'task': {
      const { n, conduct, immutable } = tree;
      const task = conduct.fails === 'exhausts' ? 'limited' : 'node';
      return signature(task, [], { kwargs: { tree: prefix, n, ...conduct }, immutable });
    }
    case 'chain':
      return make.chain(...all(tree.steps));
    case 'group':
      return make.group(all(tree.members));
    case 'chord':
      return make.chord(all(tree.header), signatureOfTree(tree.body, prefix));
  }
}
