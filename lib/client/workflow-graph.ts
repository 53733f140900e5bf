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
    const nodes = this.nodes.map((node) => `  ${dotText(node.id)} [${dotAttributes(node)}];`);
    const edges = this.edges.map(({ from, to, link }) => {
      return `  ${dotText(from)} -> ${dotText(to)}${link === 'sent' ? ' [style=dashed]' : ''};`;
    });
    return ['digraph workflow {', '  node [shape=box, style=filled];', ...nodes, ...edges, '}', ''].join('\n');
  }

  /** For Mermaid, which GitHub and many wikis draw. */
  toMermaid(): string {
    const names = new Map(this.nodes.map(({ id }, index) => [id, `n${index}`]));
    const nodes = this.nodes.map((node) => {
      const [open, close] = node.kind === 'group' ? ['([', '])'] : ['[', ']'];
      return `  ${names.get(node.id)}${open}"${mermaidText(labelOf(node))}"${close}${styleOf(node)}`;
    });
    const edges = this.edges.map(({ from, to, link }) => {
      return `  ${names.get(from)} ${link === 'sent' ? '-.->' : '-->'} ${names.get(to)}`;
    });
    const styles = [...COLOURS].map(([state, colour]) => `  classDef ${state} fill:${colour}`);
    return ['flowchart TD', ...nodes, ...edges, ...styles, ''].join('\n');
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

function dotAttributes(node: WorkflowNode): string {
  const colour = COLOURS.get(node.state ?? '') ?? '#ffffff';
  const shape = node.kind === 'group' ? ', shape=ellipse' : '';
  return `label=${dotText(labelOf(node).join('\n'))}, fillcolor="${colour}"${shape}`;
}

/** A quoted text of Graphviz, in which only quotes, backslashes and line ends mean something. */
function dotText(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function mermaidText(lines: readonly string[]): string {
  return lines.map((line) => line.replace(/[#"<>&\n]/g, (found) => `#${found.charCodeAt(0)};`)).join('<br/>');
}

function styleOf({ state }: WorkflowNode): string {
  return state !== undefined && COLOURS.has(state) ? `:::${state}` : '';
}
