import type { EmbeddedStore } from '../../connections/index.js';
import { formatTag } from '../virtual/delivery-tag.js';
import { HeldDelivery } from '../virtual/held-delivery.js';
import { TAKE_ROOM } from '../virtual/limits.js';
import { openQueues, promoteDue, readEnvelope, readNextDue } from './message-rows.js';
import { CANDIDATES, HAS_READY, HOLD } from './message-sql.js';

/** Who takes how much of what. */
export interface TakeOrder {
  readonly owner: string;
  /** Not used before by this owner. */
  readonly take: number;
  /** In the order of visiting. */
  readonly queues: readonly string[];
  readonly max: number;
}

interface Candidate {
  readonly queue: string;
  readonly id: number;
  readonly priority: number;
  readonly size: number;
  readonly losses: number;
  readonly redelivered: boolean;
  /** Not read yet where it is large. */
  readonly envelope: string | undefined;
}

/** Outside of any transaction: whether a take would find something. */
export function hasWork(store: EmbeddedStore, queues: readonly string[]): boolean {
  return (
    openQueues(store, queues).some((queue) => store.sql(HAS_READY).get(queue) !== undefined) ||
    readNextDue(store) <= store.clock.now()
  );
}

/** Within a job: moves the next messages to their new owner. */
export function takeMessages(store: EmbeddedStore, { owner, take, queues, max }: TakeOrder): HeldDelivery[] {
  promoteDue(store);
  return choose(
    openQueues(store, queues).map((queue) => readCandidates(store, queue, max)),
    max,
  ).map(({ id, queue, redelivered, losses, envelope }) => {
    store.sql(HOLD).run(owner, take, id);
    return new HeldDelivery(
      formatTag(owner, id, take),
      queue,
      redelivered,
      losses,
      envelope ?? readEnvelope(store, id),
    );
  });
}

function readCandidates(store: EmbeddedStore, queue: string, max: number): Candidate[] {
  return store
    .sql(CANDIDATES)
    .all(queue, max)
    .map(({ id, priority, size, losses, redelivered, envelope }) => ({
      queue,
      id: Number(id),
      priority: Number(priority),
      size: Number(size),
      losses: Number(losses),
      redelivered: redelivered === 1,
      envelope: typeof envelope === 'string' ? envelope : undefined,
    }));
}

/** By priority, then by the order of the queues, until the number or the room is spent. */
function choose(lists: readonly Candidate[][], max: number): Candidate[] {
  const all = lists.flat();
  if (lists.length > 1) all.sort((a, b) => a.priority - b.priority); // stable: keeps the order of the queues
  const chosen: Candidate[] = [];
  let room = TAKE_ROOM;
  for (const candidate of all.slice(0, max)) {
    if (chosen.length > 0 && candidate.size > room) break;
    room -= candidate.size;
    chosen.push(candidate);
  }
  return chosen;
}
