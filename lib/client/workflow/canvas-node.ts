import { groupResultTuple, taskResultTuple, type ResultTuple, type SignatureMap } from '../../protocol/index.js';

/** A workflow whose tasks all have ids: what a signature map says, in the shape in which it runs. */
export type CanvasNode = TaskNode | ChainNode | GroupNode | ChordNode;

export interface TaskNode {
  readonly kind: 'task';
  readonly id: string;
  readonly map: SignatureMap;
}

/** Steps of which no group is followed by another step: those have become chords. */
export interface ChainNode {
  readonly kind: 'chain';
  readonly steps: readonly CanvasNode[];
}

export interface GroupNode {
  readonly kind: 'group';
  readonly id: string;
  readonly members: readonly Member[];
  /** What Celery's own clients have its members count for, where it ends a chain in a chord's header. */
  readonly chord?: SignatureMap | undefined;
}

/** A header, each member of which ends in one task, and what is called with their results. */
export interface ChordNode {
  readonly kind: 'chord';
  /** Id of the header's group. */
  readonly id: string;
  readonly header: readonly Member[];
  readonly body: CanvasNode;
}

/** One of a group, and its place in the result. */
export interface Member {
  readonly node: CanvasNode;
  readonly index: number;
}

/** The step whose result is that of a chain. */
export function lastStep({ steps }: ChainNode): CanvasNode {
  return steps.at(-1) as CanvasNode;
}

/** Whether its result is that of a group, rather than of one task. */
export function yieldsGroup(node: CanvasNode): boolean {
  switch (node.kind) {
    case 'task':
      return false;
    case 'group':
      return true;
    case 'chain':
      return yieldsGroup(lastStep(node));
    case 'chord':
      return yieldsGroup(node.body);
  }
}

/** Whether what follows it is written more than once: each member of a group, or of a chord's header, carries it. */
export function repeatsWhatFollows(node: CanvasNode): boolean {
  return node.kind === 'chain' ? repeatsWhatFollows(lastStep(node)) : node.kind !== 'task';
}

/** Its result with all that comes before it. @source celery/canvas.py `freeze` of each kind */
export function resultTupleOf(node: CanvasNode, parent: ResultTuple | null = null): ResultTuple {
  switch (node.kind) {
    case 'task':
      return taskResultTuple(node.id, parent);
    case 'chain':
      return node.steps.reduce<ResultTuple | null>((above, step) => resultTupleOf(step, above), parent) as ResultTuple;
    case 'group':
      return groupTuple(node.id, node.members, parent);
    case 'chord':
      return resultTupleOf(node.body, groupTuple(node.id, node.header, parent));
  }
}

function groupTuple(id: string, members: readonly Member[], parent: ResultTuple | null): ResultTuple {
  return groupResultTuple(
    id,
    members.map(({ node }) => resultTupleOf(node)),
    parent,
  );
}
