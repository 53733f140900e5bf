import type { MemoryMessage, MemoryStore } from '../../connections/index.js';
import type { Settlement } from '../broker.interface.js';
import { formatDead } from '../virtual/dead-letter.js';
import { lossesAfterDeath } from '../virtual/losses.js';
import { addMessage } from './memory-publish.js';

/** Does to a held message what was decided, with all that follows from it. */
export function applySettlement(store: MemoryStore, message: MemoryMessage, settlement: Settlement): void {
  move(store, message, settlement);
  for (const result of settlement.results ?? []) store.results.put(result);
  for (const successor of settlement.successors ?? []) addMessage(store, successor);
}

function move(store: MemoryStore, message: MemoryMessage, settlement: Settlement): void {
  const { messages, clock } = store;
  switch (settlement.as) {
    case 'ack':
      return messages.remove(message);
    case 'requeue':
      return messages.giveBack(message, { redelivered: true, losses: message.losses + (settlement.charge ? 1 : 0) });
    case 'release':
      return messages.giveBack(message, message);
    case 'park':
      return messages.park(message, settlement.untilMs);
    case 'dead': {
      const { reason, error } = settlement;
      const atMs = clock.now();
      const envelope = formatDead(message.envelope, settlement, atMs);
      return messages.bury(message, envelope, { reason, error, atMs });
    }
  }
}

/** Gives back what consumers that are no more have held; returns how many. */
export function restoreDead(store: MemoryStore): number {
  let restored = 0;
  for (const [name, owner] of store.owners) {
    if (owner.alive) continue;
    store.owners.delete(name);
    for (const message of store.messages.heldBy(name)) {
      store.messages.giveBack(message, { redelivered: true, losses: lossesAfterDeath(message) });
      restored += 1;
    }
  }
  if (restored > 0) store.announceMessages();
  return restored;
}
