import { UnsupportedByBrokerError } from '../errors/index.js';
import { EventDispatcher, WorkerEvents, type WorkerStatus } from '../events/index.js';
import type { ResolvedWorkerOptions } from '../options/index.js';
import type { Clock, LogicalClock } from '../time/index.js';
import type { WorkerLog } from '../worker/index.js';
import type { WorkerConnections } from './connections.js';

export interface WorkerEventsParts {
  readonly options: ResolvedWorkerOptions;
  readonly connections: WorkerConnections;
  readonly logicalClock: LogicalClock;
  readonly clock: Clock;
  readonly log: WorkerLog;
}

/**
 * What a worker tells monitors; `undefined` where its broker cannot reach them.
 * @throws {UnsupportedByBrokerError} when events of tasks are asked for there
 */
export function openWorkerEvents(
  { options, connections, logicalClock, clock, log }: WorkerEventsParts,
  status: () => WorkerStatus,
): WorkerEvents | undefined {
  const { fanout, store } = connections.broker;
  const { name: hostname, sendTaskEvents, heartbeatMs } = options;
  if (fanout === undefined) {
    if (sendTaskEvents) throw new UnsupportedByBrokerError('send events of tasks', store);
    return undefined;
  }
  const dispatcher = new EventDispatcher({
    fanout,
    hostname,
    pid: process.pid,
    clock,
    logicalClock,
    log,
  });
  return new WorkerEvents({ dispatcher, sendsTaskEvents: sendTaskEvents, heartbeatMs, status, clock });
}
