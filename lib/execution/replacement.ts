import {
  composeSteps,
  composeWorkflow,
  linked,
  withId,
  withOptions,
  joined,
  type MessageFactory,
  type PlannedMessages,
} from '../client/index.js';
import type { Replacement } from '../errors/index.js';
import { lineageBelow, together, type Predecessor } from './successors.js';
import type { TaskRun } from './task-run.js';

/**
 * What is sent in the place of a task: it has the task's id, its callbacks and errbacks, its place in a chord, and the rest of its chain follows it.
 * @throws {InvalidSignatureError} naming the place of what cannot be sent
 * @source celery/app/task.py `Task.replace`
 */
export function replacementOf(
  { head, body }: Pick<Predecessor, 'head' | 'body'>,
  replacement: Replacement,
  messages: MessageFactory,
): PlannedMessages {
  const nesting = { replaced_task_nesting: head.replacedTaskNesting + 1 };
  const own = withId(composeWorkflow(messages.mapOf(replacement)), head.id);
  const first = withOptions(linked(own, { callbacks: body.callbacks }, body.errbacks), nesting);
  const rest = body.chain.length === 0 ? [] : [withOptions(composeSteps(body.chain.toReversed()), nesting)];
  const whole = joined([first, ...rest]);
  if (whole === undefined) return { messages: [], chords: [] };
  const place = { groupId: head.groupId, groupIndex: head.groupIndex, chord: body.chord };
  return messages.fromWorkflow(whole, { lineage: lineageBelow(head), place });
}

/** What a run has added to the chord that it is a part of: each counts for it, after those that have a place. */
export function additionsOf(
  { head, body, addedToChord }: Pick<TaskRun, 'head' | 'body' | 'addedToChord'>,
  messages: MessageFactory,
): PlannedMessages {
  const place = { groupId: head.groupId, chord: body.chord };
  return together(
    addedToChord.map(({ id, signature }) =>
      messages.fromWorkflow(withId(composeWorkflow(messages.mapOf(signature)), id), {
        lineage: lineageBelow(head),
        place,
      }),
    ),
  );
}
