import { isClusterEvent, type ClusterEvent } from '../protocol/index.js';
import type { ReceivedEvent } from './received-event.js';

/** A task as events tell of it. What nobody has told is `undefined`. Times are epoch milliseconds by the clock of who told them. */
export interface ClusterTask {
  readonly id: string;
  /** `PENDING` from being sent, `RECEIVED`, `STARTED`, `SUCCESS`, `FAILURE`, `RETRY`, `REVOKED`, `REJECTED`. */
  readonly state: string;
  readonly name: string | undefined;
  /** A text for people, as Python shows arguments. */
  readonly args: string | undefined;
  readonly kwargs: string | undefined;
  readonly result: string | undefined;
  readonly runtimeMs: number | undefined;
  readonly exception: string | undefined;
  readonly traceback: string | undefined;
  readonly retries: number;
  readonly etaMs: number | undefined;
  readonly expiresMs: number | undefined;
  readonly rootId: string | undefined;
  readonly parentId: string | undefined;
  readonly queue: string | undefined;
  readonly exchange: string | undefined;
  readonly routingKey: string | undefined;
  /** Node name of the worker that told of it last. */
  readonly worker: string | undefined;
  /** Who sent it. */
  readonly client: string | undefined;
  /** Of the newest event. */
  readonly timestampMs: number;
  readonly sentMs: number | undefined;
  readonly receivedMs: number | undefined;
  readonly startedMs: number | undefined;
  readonly succeededMs: number | undefined;
  readonly failedMs: number | undefined;
  readonly retriedMs: number | undefined;
  readonly revokedMs: number | undefined;
  readonly rejectedMs: number | undefined;
}

type Changes = { -readonly [Field in keyof ClusterTask]?: ClusterTask[Field] };
export type TaskOfCluster = { -readonly [Field in keyof ClusterTask]: ClusterTask[Field] };

/** The state that an event brings about, and where its time is kept. @source celery/events/state.py `TASK_EVENT_TO_STATE` */
const STATES: ReadonlyMap<string, readonly [state: string, time: keyof ClusterTask]> = new Map([
  ['task-sent', ['PENDING', 'sentMs']],
  ['task-received', ['RECEIVED', 'receivedMs']],
  ['task-started', ['STARTED', 'startedMs']],
  ['task-succeeded', ['SUCCESS', 'succeededMs']],
  ['task-failed', ['FAILURE', 'failedMs']],
  ['task-retried', ['RETRY', 'retriedMs']],
  ['task-revoked', ['REVOKED', 'revokedMs']],
  ['task-rejected', ['REJECTED', 'rejectedMs']],
]);

/** The later a state stands here, the earlier it comes in the life of a task. @source celery/states.py `PRECEDENCE` */
const PRECEDENCE = ['SUCCESS', 'FAILURE', undefined, 'REVOKED', 'STARTED', 'RECEIVED', 'REJECTED', 'RETRY', 'PENDING'];
const OWN_STATE = PRECEDENCE.indexOf(undefined);

export function newClusterTask(id: string): TaskOfCluster {
  return {
    id,
    state: 'PENDING',
    name: undefined,
    args: undefined,
    kwargs: undefined,
    result: undefined,
    runtimeMs: undefined,
    exception: undefined,
    traceback: undefined,
    retries: 0,
    etaMs: undefined,
    expiresMs: undefined,
    rootId: undefined,
    parentId: undefined,
    queue: undefined,
    exchange: undefined,
    routingKey: undefined,
    worker: undefined,
    client: undefined,
    timestampMs: 0,
    sentMs: undefined,
    receivedMs: undefined,
    startedMs: undefined,
    succeededMs: undefined,
    failedMs: undefined,
    retriedMs: undefined,
    revokedMs: undefined,
    rejectedMs: undefined,
  };
}

/** The task an event is about, where it is about one. */
export function taskIdOf(event: ClusterEvent): string | undefined {
  if (!event.type.startsWith('task-')) return undefined;
  const id: unknown = 'id' in event ? event.id : 'fields' in event ? event.fields['uuid'] : undefined;
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/**
 * What an event tells of a task. One that comes too late, from a state that the task has left, fills in what is not known and changes no state.
 * @source celery/events/state.py `Task.event`
 */
export function updateClusterTask(task: TaskOfCluster, event: ReceivedEvent): void {
  const { type, hostname, timestampMs } = event;
  const [state, time] = STATES.get(type) ?? [type.slice('task-'.length).toUpperCase(), undefined];
  const changes: Changes = { ...factsOf(event) };
  if (type === 'task-sent') changes.client = hostname;
  else changes.worker = hostname;
  if (time !== undefined) Object.assign(changes, { [time]: timestampMs });
  const isLate = state !== 'RETRY' && task.state !== 'RETRY' && placeOf(state) > placeOf(task.state);
  if (!isLate) Object.assign(changes, { state, timestampMs });
  Object.assign(task, changes);
}

function placeOf(state: string): number {
  const place = PRECEDENCE.indexOf(state);
  return place === -1 ? OWN_STATE : place;
}

function factsOf(event: ReceivedEvent): Changes {
  if (isClusterEvent(event, 'task-sent')) {
    const { queue, exchange, routingKey } = event;
    return { ...callOf(event), queue, exchange, routingKey };
  }
  if (isClusterEvent(event, 'task-received')) return callOf(event);
  if (isClusterEvent(event, 'task-succeeded')) return { result: event.result, runtimeMs: event.runtimeMs };
  if (isClusterEvent(event, 'task-failed') || isClusterEvent(event, 'task-retried')) {
    return { exception: event.exception, traceback: event.traceback };
  }
  return {};
}

function callOf(event: Extract<ClusterEvent, { type: 'task-sent' | 'task-received' }>): Changes {
  const { name, args, kwargs, rootId, parentId, retries, etaMs, expiresMs } = event;
  return { name, args, kwargs, rootId, parentId, retries, etaMs, expiresMs };
}
