import type { CanvasNode, TaskNode } from './canvas-node.js';
import { isCollector } from './join-steps.js';

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

/**
 * Those whose errbacks are told where the workflow fails before it begins: its first, but of a chord those of its body, as links of a chord are its body's. One that only
 * makes a list of a group's results stands for the group.
 */
export function firstTasks(node: CanvasNode): readonly TaskNode[] {
  switch (node.kind) {
    case 'task':
      return [node];
    case 'chain':
      return firstTasks(node.steps[0] as CanvasNode);
    case 'group':
      return node.members.flatMap((member) => firstTasks(member.node));
    case 'chord':
      return firstTasks(node.body).flatMap((task) =>
        isCollector(task) ? [task, ...node.header.flatMap((member) => firstTasks(member.node))] : [task],
      );
  }
}
