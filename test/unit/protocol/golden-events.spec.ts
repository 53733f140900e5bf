import { describe, expect, it } from 'vitest';
import {
  EnvelopeMessage,
  customMembers,
  electAckMembers,
  electMembers,
  EVENT_EXCHANGE,
  EventBatch,
  eventRoutingKey,
  EventWriter,
  isClusterEvent,
  readEvents,
  taskErrorMembers,
  taskRevokedMembers,
  taskSentMembers,
  workerBeatMembers,
  type ClusterEvent,
  type EventMembers,
} from '../../../lib/protocol/index.js';
import { readVectors } from '../../fixtures/wire/vectors.js';

interface Recorded {
  readonly channel: string;
  readonly raw: string;
}

const files = ['events-redis', 'celery-5.2.6/events-redis'];
const recorded = files.flatMap((file) =>
  readVectors(file).flatMap((vector) =>
    ((vector['events'] ?? []) as readonly Recorded[]).map((event, at): [string, Recorded] => [
      `${file} ${vector.name} ${at}: ${event.channel}`,
      event,
    ]),
  ),
);

function bodyOf({ raw }: Recorded): unknown {
  return JSON.parse(String(new EnvelopeMessage(raw).body));
}

function readAll(body: unknown): readonly ClusterEvent[] {
  return readEvents(body, (error) => {
    throw error;
  });
}

function callOf(event: Extract<ClusterEvent, { type: 'task-sent' | 'task-received' }>) {
  const { id, name: task = '', args: argsRepr, kwargs: kwargsRepr } = event;
  const { rootId, parentId, retries, etaMs, expiresMs } = event;
  return { id, task, argsRepr, kwargsRepr, rootId, parentId, retries, etaMs, expiresMs };
}

/** The members that the same event is written with again. */
function membersOf(event: ClusterEvent): EventMembers {
  if (isClusterEvent(event, 'task-sent')) {
    const { queue = '', exchange = '', routingKey = '' } = event;
    return taskSentMembers(callOf(event), { queue, exchange, routingKey });
  }
  if (isClusterEvent(event, 'task-failed') || isClusterEvent(event, 'task-retried')) {
    return taskErrorMembers(event.id, event.exception ?? '', event.traceback);
  }
  if (isClusterEvent(event, 'task-revoked')) {
    const { expired, terminated, signal } = event;
    return taskRevokedMembers(event.id, { expired, terminated, signal: signal as number | undefined });
  }
  if (isClusterEvent(event, 'worker-elect')) return electMembers(event.election, event.topic, event.action);
  if (isClusterEvent(event, 'worker-elect-ack')) return electAckMembers(event.election);
  if ('intervalMs' in event) {
    const { intervalMs = 0, active = 0, processed = 0, loadAverage = [] } = event;
    const { software = '', softwareVersion = '', system = '' } = event;
    return workerBeatMembers({ intervalMs, active, processed, loadAverage, software, softwareVersion, system });
  }
  if ('fields' in event) return customMembers(event.type, event.fields, JSON.stringify);
  throw new Error(`Nothing writes an event ${event.type}`);
}

/** The same event, written again. */
function writeAgain(event: ClusterEvent): unknown {
  const { hostname, pid = 0, utcOffsetHours = 0, clock = 0, timestampMs, type } = event;
  const batch = new EventBatch(hostname, pid, utcOffsetHours);
  if (isClusterEvent(event, 'task-received')) batch.addReceived(callOf(event), clock, timestampMs);
  else if (isClusterEvent(event, 'task-started')) batch.addStarted(event.id, clock, timestampMs);
  else if (isClusterEvent(event, 'task-succeeded')) {
    batch.addSucceeded(event.id, event.result ?? '', event.runtimeMs ?? 0, clock, timestampMs);
  } else
    return JSON.parse(new EventWriter(hostname, pid, utcOffsetHours).write(type, membersOf(event), clock, timestampMs));
  const [again] = JSON.parse(Buffer.from(batch.take()).toString()) as readonly unknown[];
  return again;
}

describe('events as Celery writes them', () => {
  it('are there', () => {
    expect(recorded.length).toBeGreaterThan(60);
  });

  it.each(recorded)('%s is read, and written the same', (_, event) => {
    const body = bodyOf(event);

    const written = readAll(body).map(writeAgain);

    const expected = (Array.isArray(body) ? body : [body]) as readonly Record<string, unknown>[];
    expect(written).toEqual(
      expected.map((fields) => ({
        ...fields,
        // a float of seconds, by way of milliseconds
        timestamp: expect.closeTo(fields['timestamp'] as number, 5),
        ...(fields['runtime'] !== undefined && { runtime: expect.closeTo(fields['runtime'] as number, 9) }),
      })),
    );
  });

  it.each(recorded)('%s is published where we publish it', (_, event) => {
    const body = bodyOf(event);
    const [first] = readAll(body);

    const key = Array.isArray(body) ? 'task.multi' : eventRoutingKey(first?.type ?? '');

    expect(event.channel).toBe(`/0.${EVENT_EXCHANGE}/${key}`);
  });
});
