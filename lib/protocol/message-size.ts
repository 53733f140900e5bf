import { MessageTooLargeError } from '../errors/index.js';
import { readMembers } from '../json/index.js';
import type { ReceivedMessage } from './message.js';

/**
 * Refuses a message that takes more than it may, before anything of it is parsed or decoded. Counts what its sender counts: its body and its headers,
 * not what the envelope adds.
 * @throws {MessageTooLargeError}
 */
export function checkReceivedSize(message: ReceivedMessage, limit: number): void {
  const { envelopeLength = 0 } = message;
  if (envelopeLength <= limit) return;
  const bytes = sizeOf(message.envelope);
  if (bytes > limit) throw new MessageTooLargeError('A message', bytes, limit);
}

/** Bytes of the body and the headers of an envelope; of a text that is none, all of it. */
function sizeOf(envelope: string): number {
  try {
    const members = readMembers(envelope);
    const properties = readMembers(members.get('properties') ?? '{}');
    const [body = '""', headers = ''] = [members.get('body'), members.get('headers')];
    const isBase64 = properties.get('body_encoding') === '"base64"';
    return Buffer.byteLength(headers) + (isBase64 ? sizeOfBase64(body) : Buffer.byteLength(body) - 2);
  } catch {
    return Buffer.byteLength(envelope);
  }
}

/** @param json with its quotation marks */
function sizeOfBase64(json: string): number {
  const padding = json.endsWith('=="') ? 2 : json.endsWith('="') ? 1 : 0;
  return Math.max(0, Math.floor(((json.length - 2) * 3) / 4) - padding);
}
