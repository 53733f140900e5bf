import type { Duration } from '../time/index.js';
import { checkBoolean, checkPositiveDuration } from './checks.js';

/** What a worker tells monitors and other workers; part of `WorkerOptions`. */
export interface WorkerEventsOptions {
  /**
   * Whether events of tasks are sent from the start, for monitors such as Flower; the command `enable_events` switches them on later.
   * @defaultValue false @source Celery `worker_send_task_events`, `-E`
   */
  readonly sendTaskEvents?: boolean;
  /** Tells monitors nothing of the worker itself: neither that it lives nor that it ends. @defaultValue false @source Celery `--without-heartbeat` */
  readonly withoutHeartbeat?: boolean;
  /** How often it tells that it lives. @defaultValue '2s' @source Celery `--heartbeat-interval` */
  readonly heartbeatInterval?: Duration;
  /** Does not ask other workers for revoked tasks when it starts. @defaultValue false @source Celery `--without-mingle` */
  readonly withoutMingle?: boolean;
  /** Does not listen to other workers, and has no part in elections. @defaultValue false @source Celery `--without-gossip` */
  readonly withoutGossip?: boolean;
}

export interface ResolvedWorkerEvents {
  readonly sendTaskEvents: boolean;
  /** `undefined` where the worker tells nothing of itself. */
  readonly heartbeatMs: number | undefined;
  readonly withoutMingle: boolean;
  readonly withoutGossip: boolean;
}

export const WORKER_EVENTS_OPTION_NAMES: readonly (keyof WorkerEventsOptions)[] = [
  'sendTaskEvents',
  'withoutHeartbeat',
  'heartbeatInterval',
  'withoutMingle',
  'withoutGossip',
];

const HEARTBEAT_MS = 2_000;

/** @throws {InvalidOptionError} naming the first option that cannot be used */
export function resolveWorkerEvents(given: WorkerEventsOptions): ResolvedWorkerEvents {
  const heartbeatMs = checkPositiveDuration(given.heartbeatInterval, 'worker.heartbeatInterval') ?? HEARTBEAT_MS;
  const isSilent = checkBoolean(given.withoutHeartbeat, false, 'worker.withoutHeartbeat');
  return {
    sendTaskEvents: checkBoolean(given.sendTaskEvents, false, 'worker.sendTaskEvents'),
    heartbeatMs: isSilent ? undefined : heartbeatMs,
    withoutMingle: checkBoolean(given.withoutMingle, false, 'worker.withoutMingle'),
    withoutGossip: checkBoolean(given.withoutGossip, false, 'worker.withoutGossip'),
  };
}
