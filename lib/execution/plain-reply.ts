import type { OutgoingMessage, ResultRecord } from '../protocol/index.js';
import type { ChordEnd, PartReport, TaskReply } from './task-reply.js';

type PlainMessage = Omit<OutgoingMessage, 'body'> & { readonly body: string; readonly isBinary: boolean };
export type PlainReply = Omit<TaskReply, 'successors' | 'part'> & {
  readonly successors: readonly PlainMessage[];
  readonly part?: PlainPart;
};
type PlainPart = Omit<PartReport, 'failure'> & { readonly failure?: PlainEnd };
type PlainEnd = Omit<ChordEnd, 'successors' | 'outer'> & {
  readonly successors: readonly PlainMessage[];
  readonly outer?: PlainPart | undefined;
};

/** Bodies that are bytes as text. */
export function plainReply({ part, ...reply }: TaskReply): PlainReply {
  const successors = reply.successors.map(toPlain);
  return part === undefined ? { ...reply, successors } : { ...reply, successors, part: plainPart(part) };
}

function plainPart({ failure, ...part }: PartReport): PlainPart {
  if (failure === undefined) return part;
  const { successors, outer, ...end } = failure;
  return {
    ...part,
    failure: { ...end, successors: successors.map(toPlain), outer: outer && plainPart(outer) },
  };
}

function fromPlainPart({ groupIndex, size, failure, ...part }: PlainPart): PartReport {
  return { ...part, groupIndex, size, failure: failure && fromPlainEnd(failure) };
}

function fromPlainEnd({ records, successors, outer, ...end }: PlainEnd): ChordEnd {
  return {
    ...end,
    records: records.map(fromPlainRecord),
    successors: successors.map(fromPlain),
    outer: outer && fromPlainPart(outer),
  };
}

function toPlain(message: OutgoingMessage): PlainMessage {
  const { body } = message;
  if (typeof body === 'string') return { ...message, body, isBinary: false };
  return {
    ...message,
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
    isBinary: true,
  };
}

/** JSON leaves out what is `undefined`; the keys are there all the same, as the types say. */
function fromPlain({ isBinary, body, ...message }: PlainMessage): OutgoingMessage {
  return {
    ...message,
    body: isBinary ? Buffer.from(body, 'base64') : body,
    expiration: message.expiration,
    etaMs: message.etaMs,
  };
}

function fromPlainRecord(record: ResultRecord): ResultRecord {
  const { dateDoneMs, groupId, parentId, extended } = record;
  return { ...record, dateDoneMs, groupId, parentId, extended };
}

/** The reply that was made plain. */
export function fromPlainReply({ part, ...plain }: PlainReply): TaskReply {
  const records = plain.records.map(fromPlainRecord);
  const successors = plain.successors.map(fromPlain);
  return part === undefined
    ? { ...plain, records, successors }
    : { ...plain, records, successors, part: fromPlainPart(part) };
}
