import type { ChordSize } from '../client/index.js';
import type { ChordEnd, ShownOutcome, TaskReply } from './task-reply.js';

/** What is to be said of a reply that is not as most are. */
export type ReplyParts = Partial<Omit<TaskReply, 'shown'>> &
  Pick<TaskReply, 'outcome'> & { readonly shown?: ShownOutcome | undefined };

const NO_CHORDS: readonly ChordSize[] = [];

/** Written out, since spreading defaults costs more than the rest of a small task. */
export function completeReply(reply: ReplyParts, runtimeMs: number): TaskReply {
  const {
    outcome,
    records = [],
    successors = [],
    requeue = false,
    error = '',
    traceback = '',
    expected = false,
    shown,
    chords = NO_CHORDS,
    part,
  } = reply;
  if (part !== undefined || chords.length > 0) {
    return { outcome, records, successors, requeue, error, traceback, expected, runtimeMs, shown, chords, part };
  }
  if (shown !== undefined) {
    return { outcome, records, successors, requeue, error, traceback, expected, runtimeMs, shown };
  }
  return { outcome, records, successors, requeue, error, traceback, expected, runtimeMs };
}

/** What follows from a chord, or from a run that was revoked, as the reply of a job that runs nothing. */
export function replyOfChord({ records, successors, chords, outer }: ChordEnd): TaskReply {
  return completeReply({ outcome: 'ignored', records, successors, chords, part: outer }, 0);
}
