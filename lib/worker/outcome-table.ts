import type { DeadLetterReason } from '../brokers/index.js';
import type { TaskReply } from '../execution/index.js';
import type { ResultRecord } from '../protocol/index.js';
import type { TaskTraits } from './task-traits.js';

/** What becomes of a message by how its run ended; the rows of the outcome table that a reply can say. */
export type Disposal =
  | { readonly as: 'ack' }
  | { readonly as: 'requeue'; readonly charge: boolean }
  | { readonly as: 'dead'; readonly reason: DeadLetterReason; readonly error: string };

/** Why a task is not run, or not to its end. */
export type RevokedReason = 'revoked' | 'expired' | 'terminated' | 'cancelled';

/** The row for a run that came to an end of its own. */
export function disposeReply(reply: TaskReply, traits: TaskTraits): Disposal {
  switch (reply.outcome) {
    case 'success':
    case 'retry':
    case 'ignored':
      return { as: 'ack' };
    case 'failure':
      return traits.acksOnFailure ? { as: 'ack' } : { as: 'dead', reason: 'rejected', error: reply.error };
    case 'rejected':
      return reply.requeue ? { as: 'requeue', charge: false } : { as: 'dead', reason: 'rejected', error: reply.error };
    case 'undecodable':
      return { as: 'dead', reason: 'undecodable', error: reply.error };
  }
}

/** Whether a failure found by the worker is stored, as the task and its sender ask for: either may ignore results. */
export function storesFailure(traits: TaskTraits, ignoresResult: boolean | undefined): boolean {
  const isIgnored = ignoresResult === true || traits.ignoreResult;
  return !isIgnored || traits.storeErrorsEvenIfIgnored;
}

/** None where the failure is not to be stored. */
export function recordsOf(record: ResultRecord, isStored: boolean): readonly ResultRecord[] {
  return isStored ? [record] : [];
}
