import { toDot, toMermaid, type Drawing } from '../canvas/index.js';
import type { ResultTuple } from '../protocol/index.js';
import type { ResultReader } from './result-reader.js';
import { WorkflowTree, type WorkflowEdge } from './workflow-tree.js';

/** A task or a group of a workflow. */
export interface WorkflowNode {
  readonly id: string;
  readonly kind: 'task' | 'group';
  /** Of a task; `PENDING` where nothing is stored. */
  readonly state: string | undefined;
  /** The task's name, where it is stored (`results.extended`). */
  readonly name: string | undefined;
}

/** What is known of a workflow at one moment: its tasks and groups, and what comes after what. */
export class WorkflowGraph {
  /** Made by `result.graph()`. */
  constructor(
    readonly nodes: readonly WorkflowNode[],
    readonly edges: readonly WorkflowEdge[],
  ) {}

  /** For Graphviz. */
  toDot(): string {
    return toDot(this.#drawing());
  }

  /** For Mermaid, which GitHub and many wikis draw. */
  toMermaid(): string {
    return toMermaid(this.#drawing());
  }

  #drawing(): Drawing {
    return {
      nodes: this.nodes.map((node) => ({
        id: node.id,
        lines: labelOf(node),
        isRound: node.kind === 'group',
        style: node.state,
      })),
      edges: this.edges.map(({ from, to, link }) => ({ from, to, isDashed: link === 'sent' })),
      styles: COLOURS,
    };
  }
}

/** Reads the states of all that a tuple names and of what these tasks sent, level by level. */
export async function readGraph({ store }: Pick<ResultReader, 'store'>, root: ResultTuple): Promise<WorkflowGraph> {
  const tree = new WorkflowTree();
  const known = new Map<string, { readonly state: string; readonly name: string | undefined }>();
  for (let fresh = tree.add(root); fresh.length > 0;) {
    const below: string[] = [];
    for await (const { ids, states } of store.fetchPages(fresh)) {
      for (const [index, id] of ids.entries()) {
        const meta = states[index];
        if (meta instanceof Error) throw meta;
        known.set(id, { state: meta?.status ?? 'PENDING', name: meta?.name });
        for (const child of meta?.children ?? []) for (const found of tree.add(child, id)) below.push(found);
      }
    }
    fresh = below;
  }
  const tasks = [...known].map(([id, { state, name }]): WorkflowNode => ({ id, kind: 'task', state, name }));
  const groups = [...tree.groups].map((id): WorkflowNode => ({ id, kind: 'group', state: undefined, name: undefined }));
  return new WorkflowGraph([...tasks, ...groups], tree.edges);
}

const COLOURS: ReadonlyMap<string, string> = new Map([
  ['SUCCESS', '#b7e1b0'],
  ['FAILURE', '#f4a6a0'],
  ['REVOKED', '#cccccc'],
  ['RETRY', '#ffd9a0'],
  ['STARTED', '#fff3a0'],
  ['PROGRESS', '#fff3a0'],
]);

function labelOf({ id, kind, state, name }: WorkflowNode): readonly string[] {
  if (kind === 'group') return [`group ${id}`];
  return name === undefined ? [id, state ?? ''] : [name, id, state ?? ''];
}
