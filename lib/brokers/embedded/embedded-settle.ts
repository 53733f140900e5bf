import { putResults, type EmbeddedStore } from '../../connections/index.js';
import type { Settlement, SettlementEffects, TagSettlement } from '../broker.interface.js';
import { formatDead } from '../virtual/dead-letter.js';
import { parseTag, type TagParts } from '../virtual/delivery-tag.js';
import { addMessages, readEnvelope, replaceLarge } from './message-rows.js';
import { ACK, BURY, GIVE_BACK, LARGE, PARK } from './message-sql.js';

/** Within a job: settles what the owner still holds, with all that follows from it; returns the rest. */
export function settleDeliveries<T extends Settlement>(store: EmbeddedStore, owner: string, batch: readonly T[]): T[] {
  return batch.filter((settlement) => {
    const tag = ownTag(settlement.delivery.tag, owner);
    if (tag === undefined || !move(store, tag, settlement)) return true;
    writeEffects(store, settlement);
    return false;
  });
}

/** As `settleDeliveries`, for one who knows tags alone. */
export function settleTags(store: EmbeddedStore, owner: string, batch: readonly TagSettlement[]): string[] {
  const lost = batch.filter((settlement) => {
    const tag = ownTag(settlement.tag, owner);
    if (tag === undefined) return true;
    const counts = settlement.as === 'requeue' ? giveBack(store, tag, true, 0) : changed(store, ACK, [], tag);
    if (counts) writeEffects(store, settlement);
    return !counts;
  });
  return lost.map((settlement) => settlement.tag);
}

export function ownTag(text: string, owner: string): TagParts | undefined {
  const tag = parseTag(text);
  return tag?.owner === owner ? tag : undefined;
}

/** Whether the message was still held by this very take, and has been moved. */
function move(store: EmbeddedStore, tag: TagParts, settlement: Settlement): boolean {
  switch (settlement.as) {
    case 'ack':
      return changed(store, ACK, [], tag);
    case 'requeue':
      return giveBack(store, tag, true, settlement.charge ? 1 : 0);
    case 'release':
      return giveBack(store, tag, false, 0);
    case 'park':
      store.announce('messages'); // its due time may be the next one
      return changed(store, PARK, [Math.ceil(settlement.untilMs)], tag);
    case 'dead':
      return bury(store, tag, settlement);
  }
}

function giveBack(store: EmbeddedStore, tag: TagParts, redelivered: boolean, charge: number): boolean {
  store.announce('messages');
  return changed(store, GIVE_BACK, [redelivered ? 1 : 0, charge], tag);
}

function bury(store: EmbeddedStore, tag: TagParts, settlement: Settlement & { readonly as: 'dead' }): boolean {
  const diedMs = Math.round(store.clock.now());
  const envelope = formatDead(readEnvelope(store, tag.id), settlement, diedMs);
  const kept = envelope.length > LARGE ? null : envelope;
  if (!changed(store, BURY, [settlement.reason, settlement.error, diedMs, envelope.length, kept], tag)) return false;
  replaceLarge(store, tag.id, envelope);
  return true;
}

function changed(
  store: EmbeddedStore,
  sql: string,
  values: readonly (string | number | null)[],
  tag: TagParts,
): boolean {
  return Number(store.sql(sql).run(...values, tag.id, tag.owner, tag.take).changes) === 1;
}

function writeEffects(
  store: EmbeddedStore,
  { results = [], successors = [] }: Pick<SettlementEffects, 'results' | 'successors'>,
): void {
  putResults(store, results);
  addMessages(store, successors);
}
