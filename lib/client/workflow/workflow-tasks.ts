import type { TaskNode, CanvasNode } from './canvas-node.js';

/** All tasks of a workflow, in the order in which they would begin. */
export function tasksOf(node: CanvasNode): readonly TaskNode[] {
  switch (node.kind) {
    case 'task':
      return [node];
    case 'chain':
      return node.steps.flatMap(tasksOf);
    case 'group':
      return node.members.flatMap((member) => tasksOf(member.node));
    case 'chord':
      return [...node.header.flatMap((member) => tasksOf(member.node)), ...tasksOf(node.body)];
  }
}

/** Those whose errbacks are told where the workflow fails before it begins: its first, but of a chord those of its body, as links of a chord are its body's. */
export function firstTasks(node: CanvasNode): readonly TaskNode[] {
  switch (node.kind) {
    case 'task':
      return [node];
    case 'chain':
      return firstTasks(node.steps[0] as CanvasNode);
    case 'group':
      return node.members.flatMap((member) => firstTasks(member.node));
    case 'chord':
      return firstTasks(node.body);
  }
}
