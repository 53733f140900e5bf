import { isUtf8 } from 'node:buffer';
import { DecodeError } from '../errors/index.js';
import { JsonReader } from './json-reader.js';
import { BUILT_IN_DECODERS, type JsonType } from './json-types.js';
import { isPlain, JsonWriter, type JsonWriterOptions } from './json-writer.js';
import type { Serializer } from './serializer.interface.js';

export interface JsonSerializerOptions {
  /** Classes of yours that travel typed, looked at before the built-in ones. */
  readonly types?: readonly JsonType[];
  /**
   * `write` puts `NaN` and `Infinity` as Python does, which is not legal JSON: for handing on what was received so.
   * @defaultValue 'refuse'
   */
  readonly nonFinite?: 'refuse' | 'write';
}

/** JSON as kombu writes and reads it, whose text is always a string. @source kombu/utils/json.py */
export interface JsonSerializer extends Serializer {
  encode(value: unknown): string;
}

/** A JSON serializer with types of its own. */
export function createJsonSerializer(given: JsonSerializerOptions = {}): JsonSerializer {
  const { types = [], nonFinite = 'refuse' } = given;
  const reader = new JsonReader(
    new Map([
      ...BUILT_IN_DECODERS,
      ...types.map((each) => [each.name, (value: unknown) => each.decode(value)] as const),
    ]),
  );
  const options: JsonWriterOptions = { types, nonFinite, check: (text) => void reader.read(text) };
  return {
    name: 'json',
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    encode: (value) => writePlain(value) ?? new JsonWriter(options).write(value),
    decode: (data) => reader.read(typeof data === 'string' ? data : toText(data)),
  };
}

/** JSON with kombu's own typed values. */
export const jsonSerializer: JsonSerializer = createJsonSerializer();

/** Text of a value that needs nothing special; `undefined` where it does, or where reading it throws. */
function writePlain(value: unknown): string | undefined {
  try {
    if (!isPlain(value)) return undefined;
    const text = JSON.stringify(value) ?? 'null';
    return text.includes('"__type__"') ? undefined : text;
  } catch {
    return undefined;
  }
}

function toText(data: Uint8Array): string {
  if (!isUtf8(data)) throw new DecodeError('Cannot decode JSON: the bytes are not UTF-8.');
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
}
