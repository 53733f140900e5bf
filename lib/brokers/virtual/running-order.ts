import { resolveTerminationSignal } from '../../options/index.js';
import type { RevocationListener, RunningOrder } from '../broker.interface.js';

/** How a store keeps what a revocation asks of running tasks: one word. */
export function formatRunningOrder(order: RunningOrder): string {
  return order.as === 'cancel' ? 'cancel' : order.signal;
}

/** `undefined` for what no version writes. */
export function parseRunningOrder(text: string): RunningOrder | undefined {
  if (text === 'cancel') return { as: 'cancel' };
  try {
    return { as: 'terminate', signal: resolveTerminationSignal(text) };
  } catch {
    return undefined;
  }
}

/** Tells revocations as a store keeps them, those that ask for the same in one call, in the order of each first. */
export function tellRevocations(
  revocations: Iterable<{ readonly taskId: string; readonly running: string | undefined }>,
  listener: RevocationListener,
): void {
  const groups = new Map<string | undefined, string[]>();
  for (const { taskId, running } of revocations) {
    const group = groups.get(running);
    if (group === undefined) groups.set(running, [taskId]);
    else group.push(taskId);
  }
  for (const [running, taskIds] of groups) {
    listener(taskIds, running === undefined ? undefined : parseRunningOrder(running));
  }
}
