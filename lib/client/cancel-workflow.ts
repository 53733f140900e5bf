import { workflowMark, type ResultTuple } from '../protocol/index.js';
import { pagesOf } from './fetch-each.js';
import type { ResultReader } from './result-reader.js';
import { isReadyState } from './result-states.js';
import type { RevokeOptions } from './revoke-options.js';
import { MOST_NAMED, WorkflowTree } from './workflow-tree.js';

/**
 * Revokes all tasks of a workflow that have not ended: those that a tuple names, those that are known to have been sent by them, and by the ids of its
 * groups and of the tasks that it begins with also those that will be.
 */
export async function cancelWorkflow(
  reader: Pick<ResultReader, 'store' | 'revoke'>,
  root: ResultTuple,
  options: RevokeOptions | undefined,
): Promise<void> {
  const tree = new WorkflowTree();
  let fresh = tree.add(root);
  await reader.revoke([...firstTasks(tree), ...tree.groups].map(workflowMark), options);
  let named = tree.groups.size;
  while (fresh.length > 0) {
    const below: string[] = [];
    for await (const { waiting, children } of unended(reader, fresh)) {
      for (const [sender, child] of children) for (const id of tree.add(child, sender)) below.push(id);
      const found = [...tree.groups].slice(named);
      const ids = [...found.map(workflowMark), ...waiting.filter((id) => !tree.bulk.has(id))];
      if (ids.length > 0) await reader.revoke(ids, options);
      named += found.length;
    }
    fresh = below;
  }
}

/** Those that nothing comes before, whose ids are the roots of what they send; as many as may be named. */
function firstTasks({ tasks, edges }: WorkflowTree): readonly string[] {
  const later = new Set<string>();
  for (const { from, to, link } of edges) if (link !== 'member' || later.has(from)) later.add(to);
  return [...tasks].filter((id) => !later.has(id)).slice(0, MOST_NAMED);
}

interface Page {
  readonly waiting: readonly string[];
  readonly children: readonly (readonly [sender: string, child: ResultTuple])[];
}

/** Without a place for results all may be waiting. */
async function* unended(
  { store }: Pick<ResultReader, 'store'>,
  taskIds: readonly string[],
): AsyncGenerator<Page, void, undefined> {
  if (store.location === undefined) {
    for (const waiting of pagesOf(taskIds)) yield { waiting, children: [] };
    return;
  }
  for await (const { ids, states } of store.fetchPages(taskIds)) {
    const waiting: string[] = [];
    const children: (readonly [string, ResultTuple])[] = [];
    ids.forEach((id, index) => {
      const state = states[index];
      const meta = state instanceof Error ? undefined : state;
      if (meta === undefined || !isReadyState(meta.status)) waiting.push(id);
      for (const child of meta?.children ?? []) children.push([id, child]);
    });
    yield { waiting, children };
  }
}
