import { taskResultTuple, workflowMark, type ResultTuple } from '../protocol/index.js';
import type { Awaited } from './result-wait.js';
import { idsBefore, idsOfTree } from './tuple-ids.js';
import { MOST_NAMED } from './workflow-tree.js';

/** A member of a group: the id of a task before which nothing comes, else a tuple. */
export type GroupMember = string | ResultTuple;

/** The members of a group, kept as small as a hundred thousand of them want it. */
export class GroupMembers {
  readonly #members: readonly GroupMember[];
  readonly #parent: ResultTuple | null;

  constructor(members: readonly GroupMember[], parent: ResultTuple | null) {
    this.#members = members.map(compact);
    this.#parent = parent;
  }

  get length(): number {
    return this.#members.length;
  }

  /** @returns `undefined` where there is none */
  at(index: number): ResultTuple | undefined {
    const member = this.#members[index];
    return member === undefined ? undefined : tupleOf(member);
  }

  idAt(index: number): string {
    const member = this.#members[index];
    return typeof member === 'string' ? member : (member?.[0][0] ?? '');
  }

  tuples(): readonly ResultTuple[] {
    return this.#members.map(tupleOf);
  }

  /** The tasks of it, those of nested groups in their places. */
  tasks(): readonly Awaited[] {
    const tasks: Awaited[] = [];
    collectTasks(this.#members, idsBefore(this.#parent), tasks);
    return tasks;
  }

  /** How many tasks each member has; one, but for nested groups. */
  sizes(): Uint32Array {
    return Uint32Array.from(this.#members, sizeOf);
  }

  /** The value of one member from those of its tasks. */
  valueAt(index: number, values: readonly unknown[]): unknown {
    const member = this.#members[index];
    return member === undefined ? undefined : valueOf(member, values, { next: 0 });
  }

  taskIds(): readonly string[] {
    return this.tasks().map(({ id }) => id);
  }

  /**
   * What to revoke: its tasks, and those known to come before them inside of the group. Many tasks by the id of their group, which their messages bear.
   */
  idsToRevoke(groupId: string): readonly string[] {
    const outside = new Set<string>();
    for (let above = this.#parent; above !== null; above = above[0][1]) outside.add(above[0][0]);
    const bare = this.#members.filter((member) => typeof member === 'string');
    const ids = new Set(bare.length > MOST_NAMED ? [workflowMark(groupId)] : bare);
    for (const member of this.#members) {
      if (typeof member !== 'string') for (const id of idsOfTree(member, outside)) ids.add(id);
    }
    return [...ids];
  }

  /** Values of `tasks()`, with a list for each nested group. */
  nest(values: readonly unknown[]): readonly unknown[] {
    return nestIn(this.#members, values, { next: 0 });
  }
}

/** The value of a member, which takes its values from a place on. */
function valueOf(member: GroupMember, values: readonly unknown[], at: { next: number }): unknown {
  const inner = typeof member === 'string' ? null : member[1];
  return inner === null ? values[at.next++] : nestIn(inner, values, at);
}

function nestIn(members: readonly GroupMember[], values: readonly unknown[], at: { next: number }): readonly unknown[] {
  return members.map((member) => valueOf(member, values, at));
}

function collectTasks(members: readonly GroupMember[], before: readonly string[], tasks: Awaited[]): void {
  for (const member of members) {
    if (typeof member === 'string') {
      tasks.push({ id: member, before });
      continue;
    }
    const [[id, parent], inner] = member;
    const all = parent === null ? before : [...idsBefore(parent), ...before];
    if (inner === null) tasks.push({ id, before: all });
    else collectTasks(inner, all, tasks);
  }
}

function sizeOf(member: GroupMember): number {
  const inner = typeof member === 'string' ? null : member[1];
  return inner === null ? 1 : inner.reduce((sum, each) => sum + sizeOf(each), 0);
}

function compact(member: GroupMember): GroupMember {
  if (typeof member === 'string') return member;
  const [[id, parent], members] = member;
  return parent === null && members === null ? id : member;
}

function tupleOf(member: GroupMember): ResultTuple {
  return typeof member === 'string' ? taskResultTuple(member) : member;
}
