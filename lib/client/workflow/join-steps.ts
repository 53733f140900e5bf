import { newId } from '../../protocol/index.js';
import { yieldsGroup, type CanvasNode, type ChordNode, type TaskNode } from './canvas-node.js';

/** A task of Celery's that returns the first of its arguments. @source celery/app/builtins.py `add_accumulate_task` */
export const COLLECTOR = 'celery.accumulate';

/** Steps one after the other, as one node; `undefined` for none. A group that does nothing is left out where something else is there. */
export function joined(steps: readonly CanvasNode[]): CanvasNode | undefined {
  const flat = steps.flatMap((step) => (step.kind === 'chain' ? step.steps : [step]));
  const busy = flat.filter((step) => step.kind !== 'group' || step.members.length > 0);
  const folded = (busy.length === 0 ? flat.slice(0, 1) : busy).reduce<readonly CanvasNode[]>(follow, []);
  return folded.length > 1 ? { kind: 'chain', steps: folded } : folded[0];
}

/** A node that yields one result: what yields those of a group gets a step that makes a list of them. */
export function collected(node: CanvasNode): CanvasNode {
  if (!yieldsGroup(node)) return node;
  return joined([node, collector()]) as CanvasNode;
}

/** Whether a task does nothing but to make a list of the results of a group. */
export function isCollector({ map }: TaskNode): boolean {
  return map.task === COLLECTOR;
}

/** The same with that id as the one by which its result is asked for. */
export function withId(node: CanvasNode, id: string): CanvasNode {
  if (yieldsGroup(node)) return joined([node, collector(id)]) as CanvasNode;
  switch (node.kind) {
    case 'task': {
      const { task_id: _id, ...options } = node.map.options ?? {};
      return { ...node, id, map: { ...node.map, options } };
    }
    case 'chain':
      return { ...node, steps: [...node.steps.slice(0, -1), withId(node.steps.at(-1) as CanvasNode, id)] };
    case 'chord':
      return { ...node, body: withId(node.body, id) };
    case 'group':
      return node;
  }
}

/** Here that argument is a list of results. */
function collector(id = newId()): CanvasNode {
  const map = { task: COLLECTOR, args: [], kwargs: { index: 0 }, options: {}, immutable: false } as const;
  return { kind: 'task', id, map: { ...map, subtask_type: null } };
}

function follow(steps: readonly CanvasNode[], next: CanvasNode): readonly CanvasNode[] {
  const last = steps.at(-1);
  if (last?.kind === 'group') {
    const header = last.members.map(({ node, index }) => ({ node: collected(node), index }));
    return [...steps.slice(0, -1), { kind: 'chord', id: last.id, header, body: next }];
  }
  if (last?.kind === 'chord') return [...steps.slice(0, -1), extended(last, next)];
  return [...steps, next];
}

function extended(chord: ChordNode, next: CanvasNode): ChordNode {
  return { ...chord, body: joined([chord.body, next]) as CanvasNode };
}
