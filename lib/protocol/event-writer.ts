import { InvalidEventError } from '../errors/index.js';
import { quoteJson } from '../json/index.js';
import { formatIso } from '../time/index.js';
import { isEventHeadField, isKnownEventType } from './event.js';
import type { TaskHead } from './message.js';

/** What a worker tells of itself with each beat. */
export interface WorkerBeat {
  readonly intervalMs: number;
  readonly active: number;
  readonly processed: number;
  readonly loadAverage: readonly number[];
  readonly software: string;
  readonly softwareVersion: string;
  readonly system: string;
}

/** What a task was called with, and where it goes. */
export type TaskCall = Pick<TaskHead, 'task' | 'id' | 'rootId' | 'parentId' | 'retries' | 'etaMs' | 'expiresMs'> & {
  readonly argsRepr: string | undefined;
  readonly kwargsRepr: string | undefined;
};

/** Where a task was sent to. */
export interface TaskRoute {
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
}

/** JSON text of an event's own members: what `EventWriter.write` puts between those that all events have. */
export type EventMembers = string;

const TYPE = /^[a-z0-9_]+(-[a-z0-9_]+)+$/i;
const LONGEST_TYPE = 200;

/**
 * Writes single events of one sender; a busy worker writes those of its tasks with `EventBatch`.
 * @source celery/events/event.py `Event`, celery/events/dispatcher.py
 */
export class EventWriter {
  private head: string;

  /** @param utcOffsetHours whole hours west of UTC, rounded down */
  constructor(
    private readonly hostname: string,
    private readonly pid: number,
    private utcOffsetHours: number,
  ) {
    this.head = this.writeHead();
  }

  /** Where the sender's time zone, or its daylight saving, has changed. */
  moveTo(utcOffsetHours: number): void {
    if (utcOffsetHours === this.utcOffsetHours) return;
    this.utcOffsetHours = utcOffsetHours;
    this.head = this.writeHead();
  }

  /** JSON text of one event. @param timestampMs epoch milliseconds */
  write(type: string, members: EventMembers, clock: number, timestampMs: number): string {
    return `${this.head}${clock},${members}"timestamp":${timestampMs / 1_000},"type":${quoteJson(type)}}`;
  }

  private writeHead(): string {
    return `{"hostname":${quoteJson(this.hostname)},"utcoffset":${this.utcOffsetHours},"pid":${this.pid},"clock":`;
  }
}

/** @source celery/worker/heartbeat.py `Heart._send` */
export function workerBeatMembers(beat: WorkerBeat): EventMembers {
  const loads = beat.loadAverage.map((load) => Math.round(load * 100) / 100);
  return (
    `"freq":${beat.intervalMs / 1_000},"active":${beat.active},"processed":${beat.processed},"loadavg":${JSON.stringify(loads)},` +
    `"sw_ident":${quoteJson(beat.software)},"sw_ver":${quoteJson(beat.softwareVersion)},"sw_sys":${quoteJson(beat.system)},`
  );
}

/** The beat that is asked for by the command `heartbeat`. @source celery/worker/control.py `heartbeat` */
export function askedBeatMembers(beat: Pick<WorkerBeat, 'software' | 'softwareVersion' | 'system'>): EventMembers {
  const { software, softwareVersion, system } = beat;
  return `"freq":5,"sw_ident":${quoteJson(software)},"sw_ver":${quoteJson(softwareVersion)},"sw_sys":${quoteJson(system)},`;
}

/** @source celery/app/amqp.py `send_task_message` */
export function taskSentMembers(call: TaskCall, { queue, exchange, routingKey }: TaskRoute): EventMembers {
  return (
    `${callMembers(call)}"queue":${quoteJson(queue)},"exchange":${quoteJson(exchange)},` +
    `"routing_key":${quoteJson(routingKey)},`
  );
}

/** @source celery/worker/strategy.py */
export function taskReceivedMembers(call: TaskCall): EventMembers {
  return callMembers(call);
}

/** @param exception as Python shows it; without a traceback the field is left out, as Celery does for an unknown task */
export function taskErrorMembers(id: string, exception: string, traceback: string | undefined): EventMembers {
  const stack = traceback === undefined ? '' : `"traceback":${quoteJson(traceback)},`;
  return `"uuid":${quoteJson(id)},"exception":${quoteJson(exception)},${stack}`;
}

/** @param signal number of the one that ended it, where it ran */
export function taskRevokedMembers(
  id: string,
  {
    expired = false,
    terminated = false,
    signal,
  }: { expired?: boolean; terminated?: boolean; signal?: number | undefined },
): EventMembers {
  return `"uuid":${quoteJson(id)},"terminated":${terminated},"signum":${signal ?? null},"expired":${expired},`;
}

export function taskRejectedMembers(id: string, requeue: boolean): EventMembers {
  return `"uuid":${quoteJson(id)},"requeue":${requeue},`;
}

export function electMembers(election: string, topic: string, action: unknown): EventMembers {
  return `"id":${quoteJson(election)},"topic":${quoteJson(topic)},"action":${JSON.stringify(action ?? null)},"cver":1,`;
}

export function electAckMembers(election: string): EventMembers {
  return `"id":${quoteJson(election)},`;
}

/**
 * The fields of an application's own event.
 * @param encode JSON text of a value; typed ones included
 * @throws {InvalidEventError} for a type that is not two words or more joined by dashes, or is one that workers tell by themselves, and for a field that all
 * events have
 */
export function customMembers(
  type: string,
  fields: Readonly<Record<string, unknown>>,
  encode: (value: unknown) => string,
): EventMembers {
  checkCustomType(type);
  let members = '';
  for (const [name, value] of Object.entries(fields)) {
    if (isEventHeadField(name)) {
      throw new InvalidEventError(name, 'left out: it is written into every event', value);
    }
    if (value !== undefined) members += `${quoteJson(name)}:${encode(value)},`;
  }
  return members;
}

function checkCustomType(type: unknown): void {
  const isType = typeof type === 'string' && TYPE.test(type) && type.length <= LONGEST_TYPE;
  if (isType && !isKnownEventType(type)) return;
  throw new InvalidEventError(
    'type',
    'two words or more joined by dashes, and none that workers tell by themselves: such as "order-shipped"',
    type,
  );
}

function callMembers(call: TaskCall): EventMembers {
  const { id, rootId } = call;
  const uuid = quoteJson(id);
  return (
    `"uuid":${uuid},"name":${quoteJson(call.task)},"args":${quoteJson(call.argsRepr ?? '')},` +
    `"kwargs":${quoteJson(call.kwargsRepr ?? '')},"root_id":${rootId === undefined || rootId === id ? uuid : quoteJson(rootId)},` +
    `"parent_id":${call.parentId === undefined ? 'null' : quoteJson(call.parentId)},"retries":${call.retries},` +
    `"eta":${dateOrNull(call.etaMs)},"expires":${dateOrNull(call.expiresMs)},`
  );
}

function dateOrNull(ms: number | undefined): string {
  return ms === undefined ? 'null' : `"${formatIso(ms)}"`;
}
