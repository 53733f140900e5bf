import { toDot, toMermaid, type Drawing } from './graph-text.js';
import type { SignatureState } from './signature-state.js';

/** A task of a workflow that has not been sent; or, where many follow many, the point at which they wait for one another. */
export interface SignatureGraphNode {
  readonly id: string;
  readonly kind: 'task' | 'join';
  /** The task's name; of a join empty. */
  readonly task: string;
  /** Of a node of a graph. */
  readonly name?: string;
}

/** What is sent after what: `next` with the result, `callback` and `error` as they are linked. */
export interface SignatureGraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'next' | 'callback' | 'error';
}

/** The shape of a workflow: its tasks, and what comes after what. */
export class SignatureGraph {
  /** Made by `signature.graph()`. */
  constructor(
    readonly nodes: readonly SignatureGraphNode[],
    readonly edges: readonly SignatureGraphEdge[],
  ) {}

  /** For Graphviz. */
  toDot(): string {
    return toDot(this.drawing());
  }

  /** For Mermaid, which GitHub and many wikis draw. */
  toMermaid(): string {
    return toMermaid(this.drawing());
  }

  private drawing(): Drawing {
    return {
      nodes: this.nodes.map(({ id, kind, task, name }) => ({
        id,
        lines: kind === 'join' ? ['join'] : name === undefined ? [task] : [name, task],
        isRound: kind === 'join',
      })),
      edges: this.edges.map(({ from, to, kind }) => ({
        from,
        to,
        isDashed: kind === 'error',
        label: kind === 'next' ? undefined : kind,
      })),
    };
  }
}

/** The nodes of a part of a workflow: where it begins, where it ends, and all. */
interface Part {
  readonly entries: readonly string[];
  readonly exits: readonly string[];
  readonly all: readonly string[];
}

const NOTHING: Part = { entries: [], exits: [], all: [] };

/** Tasks are numbered in the order in which they are written. */
export function graphOf(state: SignatureState): SignatureGraph {
  const drawn = new Drawer();
  drawn.draw(state);
  return new SignatureGraph(drawn.nodes, drawn.edges);
}

class Drawer {
  readonly nodes: SignatureGraphNode[] = [];
  readonly edges: SignatureGraphEdge[] = [];

  draw(state: SignatureState): Part {
    const part = this.drawForm(state);
    for (const link of state.links) this.connect(part.exits, this.draw(link).entries, 'callback');
    for (const handler of state.errorLinks) this.connect(part.all, this.draw(handler).entries, 'error');
    return part;
  }

  private drawForm({ form, task }: SignatureState): Part {
    switch (form.kind) {
      case 'task':
        return this.drawTask(task);
      case 'map':
      case 'starmap':
      case 'chunks':
        return this.drawTask(`${form.kind} of ${form.each.task}, ${form.items.length} items`);
      case 'chain':
        return form.steps.reduce((before, step) => this.sequence(before, this.draw(step)), NOTHING);
      case 'group':
        return this.drawGroup(form.members);
      case 'chord':
        return this.sequence(this.drawGroup(form.header), this.draw(form.body));
    }
  }

  private drawTask(task: string): Part {
    const id = this.add('task', task);
    return { entries: [id], exits: [id], all: [id] };
  }

  private drawGroup(members: readonly SignatureState[]): Part {
    const parts = members.map((each) => this.draw(each));
    return {
      entries: parts.flatMap(({ entries }) => entries),
      exits: parts.flatMap(({ exits }) => exits),
      all: parts.flatMap(({ all }) => all),
    };
  }

  private sequence(before: Part, after: Part): Part {
    if (before.all.length === 0) return after;
    if (after.all.length === 0) return before;
    if (before.exits.length > 1 && after.entries.length > 1) {
      const join = this.add('join', ''); // or there would be an arrow from each to each
      this.connect(before.exits, [join], 'next');
      this.connect([join], after.entries, 'next');
    } else this.connect(before.exits, after.entries, 'next');
    return { entries: before.entries, exits: after.exits, all: [...before.all, ...after.all] };
  }

  private connect(from: readonly string[], to: readonly string[], kind: SignatureGraphEdge['kind']): void {
    for (const start of from) for (const end of to) this.edges.push({ from: start, to: end, kind });
  }

  private add(kind: SignatureGraphNode['kind'], task: string): string {
    const id = `${this.nodes.length + 1}`;
    this.nodes.push({ id, kind, task });
    return id;
  }
}
