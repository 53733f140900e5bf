import type { ResultTuple } from '../protocol/index.js';

/** Ids of the tasks that have to succeed before a result can come, nearest first; a group stands for what comes before it. */
export function idsBefore(parent: ResultTuple | null): readonly string[] {
  if (parent === null) return NONE;
  const ids: string[] = [];
  for (let above: ResultTuple | null = parent; above !== null; above = above[0][1]) {
    if (above[1] === null) ids.push(above[0][0]);
  }
  return ids;
}

/** Ids of all tasks that a tuple names: its own, those of its members, and those before all of these. Each once. */
export function idsOfTree(root: ResultTuple, except: ReadonlySet<string> = new Set()): readonly string[] {
  const ids = new Set<string>();
  const stack: ResultTuple[] = [root];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [[id, parent], members] = next;
    if (except.has(id)) continue;
    if (parent !== null) stack.push(parent);
    if (members === null) ids.add(id);
    else for (const member of members) stack.push(member);
  }
  return [...ids];
}

const NONE: readonly string[] = [];
