import { randomUUID } from 'node:crypto';
import type { MemoryStore } from '../../connections/index.js';
import { formatEnvelope, type OutgoingMessage } from '../../protocol/index.js';
import { queuedPriority } from '../virtual/limits.js';

/** Puts a message into its queue, or parks it until its eta. The caller announces. */
export function addMessage(store: MemoryStore, message: OutgoingMessage): void {
  const { etaMs } = message;
  const added = store.messages.add({
    queue: message.queue,
    priority: queuedPriority(message.priority),
    envelope: formatEnvelope(message, randomUUID()),
    dueMs: etaMs !== undefined && etaMs > store.clock.now() ? etaMs : undefined,
  });
  store.announcePublished(added);
}
