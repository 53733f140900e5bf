import { argsRepr, kwargsRepr } from '../../protocol/index.js';
import type { TaskInHand, TaskToCome } from '../controlled-node.interface.js';

/**
 * What Celery's tools show of a request.
 * @param isSafe texts instead of values
 * @source celery/worker/request.py `info`
 */
export function requestInfo(
  hostname: string,
  task: TaskInHand | TaskToCome,
  isSafe = false,
): Readonly<Record<string, unknown>> {
  const { head } = task;
  const inHand = 'state' in task ? task : undefined;
  return {
    id: head.id,
    name: head.task,
    ...callOf(task, isSafe),
    type: head.task,
    hostname,
    time_start: inHand?.startedMs === undefined ? null : inHand.startedMs / 1_000,
    acknowledged: inHand?.isAcknowledged ?? false,
    delivery_info: {
      exchange: head.exchange,
      routing_key: head.routingKey,
      priority: head.priority,
      redelivered: head.redelivered,
    },
    worker_pid: inHand?.pid ?? null,
  };
}

/** The texts that its sender wrote where its values cannot be read. */
function callOf({ head, call }: TaskInHand | TaskToCome, isSafe: boolean): { args: unknown; kwargs: unknown } {
  const { argsRepr: args, kwargsRepr: kwargs } = head;
  if (isSafe && args !== undefined && kwargs !== undefined) return { args, kwargs };
  try {
    const values = call();
    return isSafe ? { args: argsRepr(values.args), kwargs: kwargsRepr(values.kwargs) } : { ...values };
  } catch {
    return { args: args ?? null, kwargs: kwargs ?? null };
  }
}
