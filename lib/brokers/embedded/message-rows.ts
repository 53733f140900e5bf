import { randomUUID } from 'node:crypto';
import type { EmbeddedStore } from '../../connections/index.js';
import { formatEnvelope, type OutgoingMessage } from '../../protocol/index.js';
import { queuedPriority } from '../virtual/limits.js';
import {
  DELETE_LARGE,
  ENVELOPE,
  FIRST_WAITING,
  INSERT,
  INSERT_LARGE,
  LARGE,
  NEXT_DUE,
  PAUSED,
  PROMOTE,
  PROMOTED,
} from './message-sql.js';

const WAITING = 0;
const PARKED = 2;
const MOST_PRIORITY = 9;

/** A message as it is put into a queue. */
export interface NewRow {
  readonly queue: string;
  readonly priority: number;
  readonly envelope: string;
  readonly dueMs?: number | undefined;
}

/** Within a job: puts messages into their queues, or parks them until their eta. */
export function addMessages(store: EmbeddedStore, messages: readonly OutgoingMessage[]): void {
  for (const message of messages) {
    addRow(store, {
      queue: message.queue,
      priority: queuedPriority(message.priority),
      envelope: formatEnvelope(message, randomUUID()),
      dueMs: message.etaMs,
    });
  }
}

export function addRow(store: EmbeddedStore, { queue, priority, envelope, dueMs }: NewRow): void {
  const isParked = dueMs !== undefined && dueMs > store.clock.now();
  const isLarge = envelope.length > LARGE;
  const { lastInsertRowid } = store
    .sql(INSERT)
    .run(
      queue,
      priority,
      isParked ? PARKED : WAITING,
      envelope.length,
      isParked ? Math.ceil(dueMs) : null,
      isLarge ? null : envelope,
    );
  if (isLarge) store.sql(INSERT_LARGE).run(lastInsertRowid, envelope);
  store.announce('messages');
}

export function readEnvelope(store: EmbeddedStore, id: number): string {
  return String(store.sql(ENVELOPE).get(id)?.['envelope'] ?? '');
}

/** Within a job, after the row was given another envelope: keeps it apart where it is large. */
export function replaceLarge(store: EmbeddedStore, id: number, envelope: string): void {
  store.sql(DELETE_LARGE).run(id);
  if (envelope.length > LARGE) store.sql(INSERT_LARGE).run(id, envelope);
}

/** Envelopes among which is the one that has waited longest. */
export function readFirstWaiting(store: EmbeddedStore, queue: string): string[] {
  const ids = new Set<number>();
  for (let priority = 0; priority <= MOST_PRIORITY; priority += 1) {
    for (const position of [-PROMOTED, 0]) {
      const id = store.sql(FIRST_WAITING).get(queue, priority, position)?.['id'] ?? null;
      if (id !== null) ids.add(Number(id));
    }
  }
  return Array.from(ids, (id) => readEnvelope(store, id));
}

export function readPaused(store: EmbeddedStore): string[] {
  return store
    .sql(PAUSED)
    .all()
    .map(({ queue }) => String(queue));
}

/** Those of the queues that are not paused. */
export function openQueues(store: EmbeddedStore, queues: readonly string[]): readonly string[] {
  const paused = readPaused(store);
  return paused.length === 0 ? queues : queues.filter((queue) => !paused.includes(queue));
}

/** Within a job: makes what is due wait, before all that was not parked. */
export function promoteDue(store: EmbeddedStore): void {
  const nowMs = store.clock.now();
  if (readNextDue(store) > nowMs) return;
  store.sql(PROMOTE).run(nowMs);
  store.announce('messages'); // more may have come due than this consumer wants
}

/** When the next parked message is due; `Infinity` where none is parked. */
export function readNextDue(store: EmbeddedStore): number {
  const due = store.sql(NEXT_DUE).get()?.['due'] ?? null;
  return due === null ? Infinity : Number(due);
}
