import { resolveTerminationSignal } from '../../options/index.js';
import { pythonRepr } from '../../protocol/index.js';
import { ok, type CommandArguments, type ObeyedCommand } from '../command.interface.js';
import type { ControlledNode } from '../controlled-node.interface.js';
import { textsOf } from './argument-values.js';

/** Commands that keep tasks from running, or on. @source celery/worker/control.py */
export const revokingCommands: readonly ObeyedCommand[] = [
  {
    name: 'revoke',
    required: ['task_id'],
    run: (node, args) => revoke(node, args, args['terminate'] === true),
  },
  {
    name: 'terminate',
    required: ['signal', 'task_id'],
    run: (node, args) => revoke(node, args, true),
  },
];

async function revoke(node: ControlledNode, args: CommandArguments, isTerminating: boolean): Promise<unknown> {
  const ids = [...new Set(textsOf('task_id', args['task_id']))];
  if (!isTerminating) {
    await node.revoke(ids);
    return ok(`tasks ${setRepr(ids)} flagged as revoked`);
  }
  const signal = resolveTerminationSignal((args['signal'] ?? undefined) as string | number | undefined);
  const ended = node.terminate(ids, signal); // first: what runs here need not wait for the store
  await node.revoke(ids);
  return ok(ended.length === 0 ? 'terminate: tasks unknown' : `terminate: ${[...new Set(ended)].join(', ')}`);
}

function setRepr(ids: readonly string[]): string {
  return ids.length === 0 ? 'set()' : `{${ids.map((id) => pythonRepr(id)).join(', ')}}`;
}
