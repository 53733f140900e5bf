import { resolveTerminationSignal } from '../../options/index.js';
import { pythonRepr } from '../../protocol/index.js';
import { ok, type CommandArguments, type ObeyedCommand } from '../command.interface.js';
import type { ControlledNode } from '../controlled-node.interface.js';
import { isTrue, textsOf, wrongType } from './argument-values.js';

/** Commands that keep tasks from running, or on. @source celery/worker/control.py */
export const revokingCommands: readonly ObeyedCommand[] = [
  {
    name: 'revoke',
    required: ['task_id'],
    run: (node, args) => revoke(node, args, isTrue(args['terminate'])),
  },
  {
    name: 'terminate',
    required: ['signal', 'task_id'],
    run: (node, args) => revoke(node, args, true),
  },
  { name: 'revoke_by_stamped_headers', required: ['headers'], run: revokeStamped },
];

async function revokeStamped(node: ControlledNode, args: CommandArguments): Promise<unknown> {
  const headers = headersOf(args['headers']);
  const signal = resolveTerminationSignal((args['signal'] ?? undefined) as string | number | undefined);
  const stamps = Object.entries(headers).map(([name, given]) => [name, listOf(given)] as const);
  for (const [name, values] of stamps) node.revokeStamped(name, values);
  const matching = [...node.inHand()].flatMap((task) => {
    const found = stamps.flatMap(([name, values]) => {
      const common = listOf(task.head.stamps[name]).filter((value) => values.includes(value));
      return common.length === 0 ? [] : [[name, common] as const];
    });
    return found.length === 0 ? [] : [{ task, found }];
  });
  const idsIn = (state: 'active' | 'reserved'): string[] =>
    matching.flatMap(({ task }) => (task.state === state ? [task.head.id] : []));
  await node.revoke(idsIn('reserved'));
  if (!isTrue(args['terminate'])) return ok(`headers ${pythonRepr(headers)} flagged as revoked, but not terminated`);
  const running = matching.filter(({ task }) => task.state === 'active');
  if (running.length === 0) return ok(`headers ${pythonRepr(headers)} were not terminated`);
  node.terminate(idsIn('active'), signal);
  return ok(`headers ${mappingRepr(running.flatMap(({ found }) => found))} revoked`);
}

/** A map, or a list of `name=value`. */
function headersOf(given: unknown): Readonly<Record<string, unknown>> {
  if (Array.isArray(given)) {
    const pairs = textsOf('headers', given).map((text) => text.split('='));
    return Object.fromEntries(pairs.map(([name, value = '']) => [name, value]));
  }
  if (typeof given !== 'object' || given === null) throw wrongType('headers', 'a map of stamps', given);
  return given as Readonly<Record<string, unknown>>;
}

function listOf(stamp: unknown): readonly unknown[] {
  if (stamp === undefined || stamp === null) return [];
  return Array.isArray(stamp) ? (stamp as readonly unknown[]) : [stamp];
}

function mappingRepr(found: readonly (readonly [name: string, values: readonly unknown[]])[]): string {
  const byName = new Map<string, Set<unknown>>();
  for (const [name, values] of found) byName.set(name, new Set([...(byName.get(name) ?? []), ...values]));
  const members = Array.from(
    byName,
    ([name, values]) => `${pythonRepr(name)}: {${[...values].map((value) => pythonRepr(value)).join(', ')}}`,
  );
  return `{${members.join(', ')}}`;
}

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
