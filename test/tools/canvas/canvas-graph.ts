import fc from 'fast-check';
import { graph, type GraphNode, type TaskGraph } from '../../../lib/canvas/index.js';
import { canvasTrees, numbered, signatureOfTree, type CanvasTree, type NumberedTree } from './canvas-tree.js';
import { firstHandlers, planOf, run, type Evaluation, type EvaluationLog } from './evaluate-tree.js';

/** A graph as a test makes it up: each node is a tree, and waits for nodes before it. */
export interface CanvasGraph {
  readonly nodes: readonly {
    readonly tree: CanvasTree;
    /** Places of nodes. */
    readonly after: readonly number[];
    readonly takesList: boolean;
  }[];
}

/** A graph whose tasks have numbers. */
export interface NumberedGraph {
  readonly name: string;
  readonly nodes: readonly (Omit<CanvasGraph['nodes'][number], 'tree'> & { readonly tree: NumberedTree })[];
}

const MOST_NODES = 9;

/** Graphs of any shape: most nodes are one task, some a workflow of two levels. */
export function canvasGraphs(): fc.Arbitrary<CanvasGraph> {
  const node = fc.record({
    tree: fc.oneof({ weight: 4, arbitrary: canvasTrees(1) }, { weight: 1, arbitrary: canvasTrees(2) }),
    waits: fc.constantFrom('for nothing', 'for one', 'for one', 'for several', 'for several'),
    before: fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 3 }),
  });
  return fc.array(node, { minLength: 1, maxLength: MOST_NODES }).map((nodes) => ({
    nodes: nodes.map(({ tree, waits, before }, at) => {
      const all = at === 0 || waits === 'for nothing' ? [] : [...new Set(before.map((place) => place % at))];
      return { tree, after: waits === 'for one' ? all.slice(0, 1) : all, takesList: waits === 'for several' };
    }),
  }));
}

export function numberedGraph({ nodes }: CanvasGraph, name: string): NumberedGraph {
  return { name, nodes: nodes.map((node, at) => ({ ...node, tree: numbered(node.tree, name, at * 100) })) };
}

export function graphOf({ name, nodes }: NumberedGraph): TaskGraph {
  const entries = nodes.map(({ tree, after, takesList }, at): readonly [string, GraphNode] => {
    const signature = signatureOfTree(tree, name);
    if (after.length === 0) return [`n${at}`, signature];
    const names = after.map((place) => `n${place}`);
    return [`n${at}`, { after: takesList ? names : (names[0] as string), run: signature }];
  });
  return graph(Object.fromEntries(entries));
}

/** Works a graph out by hand; its value are those of its nodes. */
export function evaluateGraph({ nodes }: NumberedGraph): Evaluation {
  const log: EvaluationLog = { ran: [], givenBack: [], told: [] };
  const values: Evaluation['value'][] = [];
  for (const { tree, after, takesList } of nodes) {
    const plan = planOf(tree);
    const before = after.map((place) => values[place]);
    if (!before.includes(undefined)) {
      const results = before.map((value) => value?.of);
      values.push(run(plan, after.length > 0 && takesList ? [results] : results, log));
      continue;
    }
    values.push(undefined);
    if (takesList) log.told.push(...new Set(firstHandlers(plan)));
  }
  return { value: { of: values }, ...log };
}
