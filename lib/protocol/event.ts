/**
 * What every event says of itself.
 * @source celery/events/dispatcher.py `EventDispatcher.publish`
 */
export interface ClusterEventHead<Type extends string = string> {
  /** Words joined by dashes; the first one is the group: `task`, `worker`, or an application's own. */
  readonly type: Type;
  /** Who sent it: the node name of a worker, `gen<pid>@<host>` of a client. */
  readonly hostname: string;
  /** By its sender's clock. @unit milliseconds since the epoch */
  readonly timestampMs: number;
  /** Of its sender's time zone: whole hours west of UTC, rounded down. */
  readonly utcOffsetHours: number | undefined;
  readonly pid: number | undefined;
  /** Its sender's logical time; the clocks of clients start at 0 and follow nobody. */
  readonly clock: number | undefined;
}

/** A worker that begins, lives or ends. */
export interface WorkerBeatEvent<
  Type extends 'worker-online' | 'worker-heartbeat' | 'worker-offline',
> extends ClusterEventHead<Type> {
  /** How often it is told. */
  readonly intervalMs: number | undefined;
  /** Tasks that it has in hand. */
  readonly active: number | undefined;
  /** Tasks that it has received since it started. */
  readonly processed: number | undefined;
  /** Of its machine, over 1, 5 and 15 minutes. */
  readonly loadAverage: readonly number[] | undefined;
  /** Such as `py-celery`, or `nest-task-queue`. */
  readonly software: string | undefined;
  readonly softwareVersion: string | undefined;
  /** Such as `Linux`. */
  readonly system: string | undefined;
}

/** A worker's part in an election. @source celery/worker/consumer/gossip.py */
export interface WorkerElectEvent extends ClusterEventHead<'worker-elect'> {
  readonly election: string;
  readonly topic: string;
  /** What the leader is to do; for the topic `task` a signature. */
  readonly action: unknown;
}

export interface WorkerElectAckEvent extends ClusterEventHead<'worker-elect-ack'> {
  readonly election: string;
}

interface TaskEventHead<Type extends string> extends ClusterEventHead<Type> {
  /** Of the task. */
  readonly id: string;
}

/** What a task was called with, as its sender or its worker tells it. Arguments are texts for people, as Python shows them. */
interface TaskCallEvent<Type extends string> extends TaskEventHead<Type> {
  readonly name: string | undefined;
  readonly args: string | undefined;
  readonly kwargs: string | undefined;
  readonly rootId: string | undefined;
  readonly parentId: string | undefined;
  readonly retries: number;
  /** @unit milliseconds since the epoch */
  readonly etaMs: number | undefined;
  /** @unit milliseconds since the epoch */
  readonly expiresMs: number | undefined;
}

/** Told by the client that sends a task. */
export interface TaskSentEvent extends TaskCallEvent<'task-sent'> {
  readonly queue: string | undefined;
  readonly exchange: string | undefined;
  readonly routingKey: string | undefined;
}

export interface TaskSucceededEvent extends TaskEventHead<'task-succeeded'> {
  /** As Python shows it; cut where it is long. */
  readonly result: string | undefined;
  readonly runtimeMs: number | undefined;
}

export interface TaskErrorEvent<Type extends 'task-failed' | 'task-retried'> extends TaskEventHead<Type> {
  /** As Python shows it, such as `ValueError('no', 1)`. */
  readonly exception: string | undefined;
  readonly traceback: string | undefined;
}

export interface TaskRevocationEvent extends TaskEventHead<'task-revoked'> {
  /** Whether it ran, and was ended. */
  readonly terminated: boolean;
  /** The signal that ended it. */
  readonly signal: number | string | undefined;
  readonly expired: boolean;
}

export interface TaskRejectionEvent extends TaskEventHead<'task-rejected'> {
  /** Whether it goes back to its queue. */
  readonly requeue: boolean;
}

/** An event of an application's own. */
export interface CustomClusterEvent extends ClusterEventHead {
  /** Its own fields, as they were sent. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The events that workers and clients tell by themselves, by their types. */
export interface ClusterEventTypes {
  readonly 'worker-online': WorkerBeatEvent<'worker-online'>;
  readonly 'worker-heartbeat': WorkerBeatEvent<'worker-heartbeat'>;
  readonly 'worker-offline': WorkerBeatEvent<'worker-offline'>;
  readonly 'worker-elect': WorkerElectEvent;
  readonly 'worker-elect-ack': WorkerElectAckEvent;
  readonly 'task-sent': TaskSentEvent;
  readonly 'task-received': TaskCallEvent<'task-received'>;
  readonly 'task-started': TaskEventHead<'task-started'>;
  readonly 'task-succeeded': TaskSucceededEvent;
  readonly 'task-failed': TaskErrorEvent<'task-failed'>;
  readonly 'task-retried': TaskErrorEvent<'task-retried'>;
  readonly 'task-revoked': TaskRevocationEvent;
  readonly 'task-rejected': TaskRejectionEvent;
  readonly 'task-cancelled': TaskEventHead<'task-cancelled'>;
}

/** Any event of the cluster; `isClusterEvent` tells which. */
export type ClusterEvent = ClusterEventTypes[keyof ClusterEventTypes] | CustomClusterEvent;

/** The event of a type; those of an application's own have `fields`. */
export type ClusterEventOf<Type extends string> = Type extends keyof ClusterEventTypes
  ? ClusterEventTypes[Type]
  : CustomClusterEvent;

/** Whether an event is of a type. */
export function isClusterEvent<Type extends string>(event: ClusterEvent, type: Type): event is ClusterEventOf<Type> {
  return event.type === type;
}

const KNOWN_TYPES: { readonly [Type in keyof ClusterEventTypes]: true } = {
  'worker-online': true,
  'worker-heartbeat': true,
  'worker-offline': true,
  'worker-elect': true,
  'worker-elect-ack': true,
  'task-sent': true,
  'task-received': true,
  'task-started': true,
  'task-succeeded': true,
  'task-failed': true,
  'task-retried': true,
  'task-revoked': true,
  'task-rejected': true,
  'task-cancelled': true,
};

/** Whether workers and clients tell events of this type by themselves. */
export function isKnownEventType(type: string): type is keyof ClusterEventTypes {
  return Object.hasOwn(KNOWN_TYPES, type);
}

const HEAD_FIELDS: ReadonlySet<string> = new Set(['type', 'hostname', 'timestamp', 'utcoffset', 'pid', 'clock']);

/** Whether every event has a field of this name on the wire. */
export function isEventHeadField(name: string): boolean {
  return HEAD_FIELDS.has(name);
}

/** Exchange of all events. @source Celery `event_exchange` */
export const EVENT_EXCHANGE = 'celeryev';

/** What an event is published under, and listened for. */
export function eventRoutingKey(type: string): string {
  return type.replaceAll('-', '.');
}
