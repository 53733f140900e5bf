import { InvalidEventError } from '../errors/index.js';
import { parseIso } from '../time/index.js';
import {
  isEventHeadField,
  isKnownEventType,
  type ClusterEvent,
  type ClusterEventHead,
  type ClusterEventTypes,
} from './event.js';
import { isMap, textOf } from './json-map.js';

type Fields = Readonly<Record<string, unknown>>;
type OwnFields<Type extends keyof ClusterEventTypes> = Omit<ClusterEventTypes[Type], keyof ClusterEventHead>;

/** Logical time goes up by one for each event; what lies beyond was made to stop a clock. */
const LATEST_CLOCK = 2 ** 52;

/**
 * The body of an event message: one event or a list of them.
 * @param onRefused told of each one that cannot be read; the others are returned
 */
export function readEvents(body: unknown, onRefused: (error: InvalidEventError) => void): readonly ClusterEvent[] {
  const read = (value: unknown): readonly ClusterEvent[] => {
    try {
      return [readEvent(value)];
    } catch (error) {
      if (!(error instanceof InvalidEventError)) throw error;
      onRefused(error);
      return [];
    }
  };
  return Array.isArray(body) ? body.flatMap(read) : read(body);
}

/** @throws {InvalidEventError} naming the field that cannot be used */
export function readEvent(value: unknown): ClusterEvent {
  if (!isMap(value)) throw new InvalidEventError('', "a map with the fields of Celery's events", value);
  const head = readHead(value);
  if (!isKnownEventType(head.type)) {
    return { ...head, fields: Object.fromEntries(Object.entries(value).filter(([name]) => !isEventHeadField(name))) };
  }
  const readOwn: (fields: Fields) => object = READERS[head.type];
  return { ...head, ...readOwn(value) } as ClusterEvent;
}

function readHead(fields: Fields): ClusterEventHead {
  const clock = numberOf(fields, 'clock');
  if (clock !== undefined && !(Number.isInteger(clock) && clock >= 0 && clock < LATEST_CLOCK)) {
    throw new InvalidEventError('clock', 'a whole number of at least 0 and below 2^52', clock);
  }
  return {
    type: requiredText(fields, 'type'),
    hostname: requiredText(fields, 'hostname'),
    timestampMs: required(fields, 'timestamp', numberOf(fields, 'timestamp'), 'seconds since the epoch') * 1_000,
    utcOffsetHours: numberOf(fields, 'utcoffset'),
    pid: numberOf(fields, 'pid'),
    clock,
  };
}

const READERS: { readonly [Type in keyof ClusterEventTypes]: (fields: Fields) => OwnFields<Type> } = {
  'worker-online': readBeat,
  'worker-heartbeat': readBeat,
  'worker-offline': readBeat,
  'worker-elect': (fields) => ({
    election: requiredText(fields, 'id'),
    topic: requiredText(fields, 'topic'),
    action: fields['action'] ?? null,
  }),
  'worker-elect-ack': (fields) => ({ election: requiredText(fields, 'id') }),
  'task-sent': (fields) => ({
    ...readCall(fields),
    queue: text(fields, 'queue'),
    exchange: text(fields, 'exchange'),
    routingKey: text(fields, 'routing_key'),
  }),
  'task-received': readCall,
  'task-started': readTask,
  'task-succeeded': (fields) => ({
    ...readTask(fields),
    result: text(fields, 'result'),
    runtimeMs: secondsOf(fields, 'runtime'),
  }),
  'task-failed': readError,
  'task-retried': readError,
  'task-revoked': (fields) => ({
    ...readTask(fields),
    terminated: fields['terminated'] === true,
    signal: signalOf(fields['signum']),
    expired: fields['expired'] === true,
  }),
  'task-rejected': (fields) => ({ ...readTask(fields), requeue: fields['requeue'] === true }),
  'task-cancelled': readTask,
};

function readBeat(fields: Fields) {
  const loads = fields['loadavg'];
  return {
    intervalMs: secondsOf(fields, 'freq'),
    active: numberOf(fields, 'active'),
    processed: numberOf(fields, 'processed'),
    loadAverage: Array.isArray(loads) && loads.every((load) => typeof load === 'number') ? loads : undefined,
    software: text(fields, 'sw_ident'),
    softwareVersion: text(fields, 'sw_ver'),
    system: text(fields, 'sw_sys'),
  };
}

function readTask(fields: Fields) {
  return { id: requiredText(fields, 'uuid') };
}

function readCall(fields: Fields) {
  return {
    ...readTask(fields),
    name: text(fields, 'name'),
    args: text(fields, 'args'),
    kwargs: text(fields, 'kwargs'),
    rootId: text(fields, 'root_id'),
    parentId: text(fields, 'parent_id'),
    retries: numberOf(fields, 'retries') ?? 0,
    etaMs: dateOf(fields, 'eta'),
    expiresMs: dateOf(fields, 'expires'),
  };
}

function readError(fields: Fields) {
  return { ...readTask(fields), exception: text(fields, 'exception'), traceback: text(fields, 'traceback') };
}

function text(fields: Fields, field: string): string | undefined {
  const value = fields[field] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw new InvalidEventError(field, 'a text, or null', value);
}

function requiredText(fields: Fields, field: string): string {
  return required(fields, field, textOf(fields[field]), 'a text');
}

function required<T>(fields: Fields, field: string, value: T | undefined, expected: string): T {
  if (value === undefined) throw new InvalidEventError(field, expected, fields[field]);
  return value;
}

function numberOf(fields: Fields, field: string): number | undefined {
  const value = fields[field] ?? undefined;
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw new InvalidEventError(field, 'a number, or null', value);
}

function secondsOf(fields: Fields, field: string): number | undefined {
  const seconds = numberOf(fields, field);
  return seconds === undefined ? undefined : seconds * 1_000;
}

function signalOf(value: unknown): number | string | undefined {
  return typeof value === 'number' || typeof value === 'string' ? value : undefined;
}

function dateOf(fields: Fields, field: string): number | undefined {
  const value = text(fields, field);
  if (value === undefined) return undefined;
  try {
    return parseIso(value);
  } catch (error) {
    throw new InvalidEventError(field, 'a date in ISO 8601, or null', value, { cause: error });
  }
}
