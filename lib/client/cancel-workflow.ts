import type { ResultTuple } from '../protocol/index.js';
import { pagesOf } from './fetch-each.js';
import type { ResultReader } from './result-reader.js';
import { isReadyState } from './result-states.js';
import type { RevokeOptions } from './revoke-options.js';
import { WorkflowTree } from './workflow-tree.js';

/** Revokes all tasks of a workflow that have not ended: those that a tuple names, and those that are known to have been sent by them. */
export async function cancelWorkflow(
  reader: Pick<ResultReader, 'store' | 'revoke'>,
  root: ResultTuple,
  options: RevokeOptions | undefined,
): Promise<void> {
  const tree = new WorkflowTree();
  for (let fresh = tree.add(root); fresh.length > 0;) {
    const below: string[] = [];
    for await (const { waiting, children } of unended(reader, fresh)) {
      if (waiting.length > 0) await reader.revoke(waiting, options);
      for (const [sender, child] of children) for (const id of tree.add(child, sender)) below.push(id);
    }
    fresh = below;
  }
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
