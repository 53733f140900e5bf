import type { JobCodec, JobRunner } from '../pools/index.js';
import { EnvelopeMessage, type ResultRecord } from '../protocol/index.js';
import { fromPlainReply, plainReply, type PlainReply } from './plain-reply.js';
import type { PartReport, ShownOutcome, TaskJob, TaskReply } from './task-reply.js';

/**
 * Between the fields of a line. JSON text has it in no place, so envelopes and results cross as they are, without being
 * quoted once more.
 */
const SEPARATOR = '\u001f';

/** What may stand raw in a line: everything but control characters. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f]/;

/** First character of a job's line: their sum. */
const REDELIVERED = 1;
const SHOWN = 2;

/** Where a record's line says the place of its part in a chord. */
const PLACE_FIELD = 6;
/** The place of a part that comes after all others. */
const LAST_PLACE = '-';

/** First field of a reply's line. */
const PLAIN_SUCCESS = 's';
/** The same, with what monitors are shown of it. */
const SHOWN_SUCCESS = 'w';
const ANY_REPLY = 'j';

/** Jobs and replies as one line of text, for pools whose bodies run in other processes; both sides of it. */
export interface TaskJobCodec extends JobCodec<TaskJob, TaskReply> {
  /** In the process that runs it. */
  decodeJob(text: string): TaskJob;
  encodeReply(reply: TaskReply): string;
}

export const taskJobCodec: TaskJobCodec = { encodeJob, decodeJob, encodeReply, decodeReply };

/** The envelope stands last, so that nothing in it can be taken for a separator. */
function encodeJob({ message, queue, redelivered, limits, verdict, join, isShown }: TaskJob): string {
  const isPlain = limits === undefined && verdict === undefined && join === undefined;
  const known = isPlain ? '' : JSON.stringify({ limits, verdict, join });
  const flags = (redelivered ? REDELIVERED : 0) + (isShown === true ? SHOWN : 0);
  return flags + known + SEPARATOR + JSON.stringify(queue) + SEPARATOR + message.envelope;
}

function decodeJob(text: string): TaskJob {
  const first = text.indexOf(SEPARATOR);
  const second = text.indexOf(SEPARATOR, first + 1);
  const flags = Number(text[0]);
  const known = text.slice(1, first);
  return {
    message: new EnvelopeMessage(text.slice(second + 1)),
    queue: JSON.parse(text.slice(first + 1, second)) as string,
    redelivered: (flags & REDELIVERED) !== 0,
    ...((flags & SHOWN) !== 0 && { isShown: true }),
    ...(known !== '' && (JSON.parse(known) as Pick<TaskJob, 'limits' | 'verdict' | 'join'>)),
  };
}

/** A success that stores one state, or none, and sends nothing takes the short way: nearly all are so. */
function encodeReply(reply: TaskReply): string {
  return encodeSuccess(reply) ?? ANY_REPLY + JSON.stringify(plainReply(reply));
}

function decodeReply(text: string): TaskReply {
  if (text.startsWith(PLAIN_SUCCESS)) return decodeSuccess(text.slice(1).split(SEPARATOR));
  if (text.startsWith(SHOWN_SUCCESS)) return decodeShownSuccess(text);
  return fromPlainReply(JSON.parse(text.slice(1)) as PlainReply);
}

function encodeSuccess(reply: TaskReply): string | undefined {
  const { records, successors, runtimeMs, shown } = reply;
  const [record] = records;
  if (reply.outcome !== 'success' || successors.length > 0 || records.length > 1) return undefined;
  if (reply.part !== undefined && !isPlainPart(reply.part, record)) return undefined;
  if (reply.error !== '' || reply.traceback !== '' || reply.requeue || reply.expected) return undefined; // no success has any
  if (shown !== undefined && !isPlainlyShown(shown)) return undefined;
  const head =
    shown?.result === undefined
      ? `${PLAIN_SUCCESS}${runtimeMs}`
      : `${SHOWN_SUCCESS}${shown.result}${SEPARATOR}${runtimeMs}`;
  if (record === undefined) return head;
  const { taskId, status, result, traceback, children, dateDoneMs, groupId, parentId, extended } = record;
  if (status !== 'SUCCESS' || traceback !== null || dateDoneMs === undefined) return undefined;
  const rest = [
    taskId,
    dateDoneMs,
    groupId ?? '',
    parentId ?? '',
    children.length === 0 ? '' : JSON.stringify(children),
    extended === undefined ? '' : JSON.stringify(extended),
    reply.part === undefined ? '' : (reply.part.groupIndex ?? LAST_PLACE),
    result,
  ];
  if (groupId === '' || parentId === '' || rest.some((field) => typeof field === 'string' && CONTROL.test(field)))
    return undefined;
  return head + SEPARATOR + rest.join(SEPARATOR);
}

function isPlainlyShown({ result, exception }: ShownOutcome): boolean {
  return result !== undefined && exception === undefined && !CONTROL.test(result);
}

function decodeShownSuccess(text: string): TaskReply {
  const end = text.indexOf(SEPARATOR);
  return { ...decodeSuccess(text.slice(end + 1).split(SEPARATOR)), shown: { result: text.slice(1, end) } };
}

function decodeSuccess([runtime = '', ...fields]: readonly string[]): TaskReply {
  const record = fields.length === 0 ? undefined : decodeRecord(fields);
  const place = fields[PLACE_FIELD];
  return {
    ...(place && record && { part: partOf(record, place) }),
    outcome: 'success',
    records: record === undefined ? [] : [record],
    successors: [],
    requeue: false,
    error: '',
    traceback: '',
    expected: false,
    runtimeMs: Number(runtime),
  };
}

function decodeRecord(fields: readonly string[]): ResultRecord {
  const [taskId = '', dateDone, groupId, parentId, children, extended, , result = 'null'] = fields;
  return {
    taskId,
    status: 'SUCCESS',
    result,
    traceback: null,
    children: children ? (JSON.parse(children) as ResultRecord['children']) : [],
    dateDoneMs: Number(dateDone),
    groupId: groupId || undefined,
    parentId: parentId || undefined,
    extended: extended ? (JSON.parse(extended) as ResultRecord['extended']) : undefined,
  };
}

/** Whether a part says nothing that the record of its run does not say. */
function isPlainPart(part: PartReport, record: ResultRecord | undefined): boolean {
  return (
    part.state === 'SUCCESS' && part.size === undefined && part.adds === undefined && part.result === record?.result
  );
}

function partOf({ taskId, groupId = '', result }: ResultRecord, place: string): PartReport {
  const groupIndex = place === LAST_PLACE ? undefined : Number(place);
  return { groupId, taskId, groupIndex, state: 'SUCCESS', result, size: undefined, failure: undefined };
}

/** A runner as a child process has it: a line in, a line out. */
export function asTextRunner(runner: JobRunner<TaskJob, TaskReply>): JobRunner<string, string> {
  return { run: async (text, control) => encodeReply(await runner.run(decodeJob(text), control)) };
}
