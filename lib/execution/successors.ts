import { randomUUID } from 'node:crypto';
import {
  toWirePriority,
  type Lineage,
  type MessageFactory,
  type PlannedMessages,
  type SendRequest,
} from '../client/index.js';
import { ChordsNotSupportedError, MessageTooLargeError, type RetryChanges } from '../errors/index.js';
import { checkPriority, LARGEST_MESSAGE_BYTES } from '../options/index.js';
import type { OutgoingMessage, SignatureMap, TaskBody, TaskHead } from '../protocol/index.js';
import { parseDuration } from '../time/index.js';
import type { TaskJob } from './task-reply.js';

const NOTHING: PlannedMessages = { messages: [], chords: [] };

/** The run whose outcome messages follow from. */
export interface Predecessor {
  readonly job: TaskJob;
  readonly head: TaskHead;
  readonly body: TaskBody;
}

/**
 * What follows from a success: its callbacks, called with its result, then the next step of its chain.
 * @throws {MessageTooLargeError} when one of them, or all together, take more than they may
 * @source celery/app/trace.py `trace_task`
 */
export function afterSuccess({ head, body }: Predecessor, result: unknown, messages: MessageFactory): PlannedMessages {
  const { callbacks, chain } = body;
  if (callbacks.length === 0 && chain.length === 0) return NOTHING;
  const call = { prependArgs: [result], lineage: lineageBelow(head) };
  const single = callbacks.filter(({ subtask_type: type }) => type !== 'group');
  const groupId = single.length > 1 ? randomUUID() : undefined; // several become a group, as Celery sends them
  const next = chain.at(-1);
  const planned = together([
    ...callbacks.filter((each) => !single.includes(each)).map((group) => messages.fromSignature(group, call)),
    ...single.map((callback, index) =>
      messages.fromSignature(callback, groupId === undefined ? call : { ...call, groupId, groupIndex: index }),
    ),
    ...(next === undefined ? [] : [messages.fromSignature(next, { ...call, chain: chain.slice(0, -1) })]),
  ]);
  checkTogether(head.task, planned.messages);
  return planned;
}

/**
 * What follows goes to the broker in one step with the outcome: many, each with a large result, would be more than it takes at once.
 * @throws {MessageTooLargeError}
 */
export function checkTogether(task: string, successors: readonly OutgoingMessage[]): void {
  let size = 0;
  for (const { body, headers } of successors) size += body.length + headers.length;
  if (size <= LARGEST_MESSAGE_BYTES) return;
  throw new MessageTooLargeError(
    `What follows task "${task}", ${successors.length} messages with its result,`,
    size,
    LARGEST_MESSAGE_BYTES,
    'what may be sent in one step',
  );
}

/**
 * What follows from a failure: its errbacks, as one group, called with the id of the failed task. That is the style Celery calls old; it is the
 * only one that can cross processes.
 * @source celery/backends/base.py `_call_task_errbacks`
 */
export function afterFailure({ head, body }: Predecessor, messages: MessageFactory): PlannedMessages {
  return callErrbacks(body.errbacks, head.id, lineageBelow(head), messages);
}

/** Errbacks called with the id of what failed. */
export function callErrbacks(
  errbacks: readonly SignatureMap[],
  failedId: string,
  lineage: Lineage,
  messages: MessageFactory,
): PlannedMessages {
  if (errbacks.length === 0) return NOTHING;
  const call = { prependArgs: [failedId], lineage, groupId: randomUUID() };
  return together(errbacks.map((errback, groupIndex) => messages.fromSignature(errback, { ...call, groupIndex })));
}

export function together(planned: readonly PlannedMessages[]): PlannedMessages {
  return { messages: planned.flatMap(({ messages }) => messages), chords: planned.flatMap(({ chords }) => chords) };
}

/** @throws {ChordsNotSupportedError} where what follows would never be joined */
export function checkJoins({ chords }: Pick<PlannedMessages, 'chords'>, joinsChords: boolean): void {
  if (chords.length > 0 && !joinsChords) throw new ChordsNotSupportedError();
}

/** What a retry sends: the same task again, with all that the message said, from where it stands now. @source celery/app/task.py `signature_from_request` */
export function retryRequest(
  { job, head, body }: Predecessor,
  changes: RetryChanges,
  etaMs: number | undefined,
  order: MessageFactory['priorityOrder'],
): SendRequest {
  const hasArgs = changes.args !== undefined || changes.kwargs !== undefined;
  const priority = checkPriority(changes.priority, 'retry.priority');
  return {
    task: head.task,
    id: head.id,
    args: changes.args ?? body.args,
    kwargs: changes.kwargs ?? body.kwargs,
    queue: changes.queue ?? job.queue,
    exchange: changes.queue === undefined ? head.exchange : undefined,
    routingKey: changes.queue === undefined ? head.routingKey || undefined : undefined,
    retries: head.retries + 1,
    etaMs,
    expiresMs: head.expiresMs,
    timeLimitMs:
      changes.timeLimit === undefined ? head.timeLimitMs : parseDuration(changes.timeLimit, 'retry.timeLimit'),
    softTimeLimitMs:
      changes.softTimeLimit === undefined
        ? head.softTimeLimitMs
        : parseDuration(changes.softTimeLimit, 'retry.softTimeLimit'),
    wirePriority: priority === undefined ? head.priority : toWirePriority(priority, order),
    ignoreResult: head.ignoreResult,
    shadow: head.shadow,
    argsRepr: hasArgs ? undefined : head.argsRepr,
    kwargsRepr: hasArgs ? undefined : head.kwargsRepr,
    headers: head.headers,
    isResent: true,
    lineage: lineageBelow(head), // Celery sends it from inside of the task, which makes it its own parent
    groupId: head.groupId,
    groupIndex: head.groupIndex,
    replyTo: head.replyTo,
    correlationId: head.correlationId,
    replacedTaskNesting: head.replacedTaskNesting,
    stampedHeaders: head.stampedHeaders,
    stamps: head.stamps,
    callbacks: body.callbacks,
    errbacks: body.errbacks,
    chain: body.chain,
    chord: body.chord,
  };
}

export function lineageBelow(head: TaskHead): Lineage {
  return { rootId: head.rootId ?? head.id, parentId: head.id };
}
