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

/**
 * Length above which an envelope holds more than that many bytes, as its senders write them: a body in base64, and routing besides.
 */
export function longestEnvelope(maxMessageBytes: number): number {
  return 2 * maxMessageBytes + 1024 * 1024;
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
