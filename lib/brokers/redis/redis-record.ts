import { parseJson, quoteJson } from '../../json/index.js';

/** A delivery tag of ours: who holds the message, the priority step it came from, and a number its owner never uses again. */
export interface RedisTag {
  readonly owner: string;
  readonly step: number;
  readonly number: number;
}

/**
 * Redis keeps a small sorted set as a list that it searches from one end, parsing every score on its way, and as a tree from the first
 * member on that has more than 64 bytes. So one tag of each take is that long.
 */
const LONG_NUMBER = 50;

/** @param isLong where it is the first tag of a take */
export function formatRedisTag(owner: string, step: number, number: number, isLong = false): string {
  return `ntq:${owner}:${step}:${isLong ? String(number).padStart(LONG_NUMBER, '0') : number}`;
}

/** `undefined` for a tag of another's. */
export function parseRedisTag(tag: string): RedisTag | undefined {
  const match = /^ntq:([^:]+):(\d+):(\d+)$/.exec(tag);
  return match === null ? undefined : { owner: match[1] as string, step: Number(match[2]), number: Number(match[3]) };
}

/** What follows the envelope in a record of `unacked`: no exchange, and the queue's own name as routing key, whatever its step. */
export function recordTail(queue: string): string {
  return `,"",${quoteJson(queue)}]`;
}

/** A record of `unacked`, as kombu or we wrote it: `[envelope, exchange, routing key]`. */
export interface UnackedRecord {
  readonly envelope: string;
  readonly exchange: string;
  readonly routingKey: string;
}

const TAIL = /,\s*("(?:[^"\\]|\\.)*")\s*,\s*("(?:[^"\\]|\\.)*")\s*\]\s*$/;

/** Cuts a record at its end, leaving the envelope's text as it is; `undefined` for what is none. */
export function splitRecord(record: string): UnackedRecord | undefined {
  // The exchange and the key are short: only the end is searched, not megabytes of body.
  const from = Math.max(0, record.length - 2_048);
  const match = TAIL.exec(record.slice(from));
  if (match === null || !record.startsWith('[')) return undefined;
  try {
    return {
      envelope: record.slice(1, from + match.index).trim(),
      exchange: String(parseJson(match[1] as string)),
      routingKey: String(parseJson(match[2] as string)),
    };
  } catch {
    return undefined;
  }
}

/** The queue's name at the end of a record of which only the end is there. */
export function routingKeyAtEnd(end: string): string | undefined {
  const match = TAIL.exec(end);
  return match === null ? undefined : String(parseJson(match[2] as string));
}

const REDELIVERED = /"redelivered":\s?true/;

/** Whether an envelope says that it was handed out before. Its body is base64 and its texts are escaped, so neither can look like it. */
export function isRedelivered(envelope: string): boolean {
  return envelope.includes('"redelivered"') && REDELIVERED.test(envelope);
}
