import type { RedisContext } from './redis-context.js';
import { markRedelivered } from './redis-envelope.js';
import { splitRecord, type UnackedRecord } from './redis-record.js';

/** Stands for bytes that are no text. */
const NOT_TEXT = '\uFFFD';

/** A record as it can be given back; nothing of what is no record. */
export interface Given {
  readonly parts?: UnackedRecord;
  /** The envelope, marked as handed out before: bytes where it is no text. */
  readonly text?: string | Buffer;
}

/** @param record as it was read as text */
export async function readGiven(
  { link, keys }: Pick<RedisContext, 'link' | 'keys'>,
  tag: string,
  record: string | null | undefined,
): Promise<Given> {
  const parts = typeof record === 'string' ? splitRecord(record) : undefined;
  if (parts === undefined) return {};
  if (!mayBeBytes(parts.envelope)) return { parts, text: markRedelivered(parts.envelope) };
  const bytes = await link.callBuffer('read a message', 'hget', [keys.unacked, tag]);
  const envelope = Buffer.isBuffer(bytes) ? splitRecord(bytes.toString('latin1'))?.envelope : undefined;
  return envelope === undefined ? {} : { parts, text: markRedeliveredBytes(Buffer.from(envelope, 'latin1')) };
}

/** Whether what was read as text may have been none. */
export function mayBeBytes(text: string): boolean {
  return text.includes(NOT_TEXT);
}

/** As `markRedelivered`, byte by byte: whatever is not changed stays what it is. */
export function markRedeliveredBytes(envelope: Uint8Array): Buffer {
  return Buffer.from(markRedelivered(Buffer.from(envelope).toString('latin1')), 'latin1');
}
