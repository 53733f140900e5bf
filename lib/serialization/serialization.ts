import {
  ContentDisallowed,
  DecodeError,
  InvalidOptionError,
  MessageTooLargeError,
  nearestName,
} from '../errors/index.js';
import { decompress } from './decompress.js';
import { jsonSerializer } from './json.serializer.js';
import type { Serializer } from './serializer.interface.js';

export interface SerializationSetup {
  /** Names or content types that may be decoded. @defaultValue ['json'] @source Celery `accept_content` */
  readonly accept?: readonly string[];
  /** Formats besides JSON; one of the name `json` replaces it. */
  readonly serializers?: readonly Serializer[];
  /** What a message may take, and a compressed body grow to. @unit bytes @defaultValue 64 MiB */
  readonly maxMessageBytes?: number;
}

/** A value written for the wire. */
export interface EncodedContent {
  /** Text where the content encoding is `utf-8`. */
  readonly body: string | Uint8Array;
  readonly contentType: string;
  readonly contentEncoding: string;
}

/** What a received message says about its content. */
export interface ReceivedContent extends EncodedContent {
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** What of a message counts for its size. */
export interface MessageToWeigh {
  readonly task: string;
  readonly body: string | Uint8Array;
  readonly headers: string;
}

/** In UTF-8, of what JavaScript counts as one. */
const MOST_BYTES_OF_CHARACTER = 3;

const KOMBU_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  yaml: 'application/x-yaml',
  msgpack: 'application/x-msgpack',
  pickle: 'application/x-python-serialize',
  auth: 'application/data',
};

/** The formats an application writes, and those it accepts to read. */
export class Serialization {
  private readonly byName: ReadonlyMap<string, Serializer>;
  private readonly accepted: ReadonlyMap<string, Serializer>;
  /** What a message may take. */
  readonly maxMessageBytes: number;

  /** @throws {InvalidOptionError} when a format is accepted that nothing here can read */
  constructor(setup: SerializationSetup = {}) {
    const { accept = ['json'], serializers = [], maxMessageBytes = 64 * 1024 * 1024 } = setup;
    this.maxMessageBytes = maxMessageBytes;
    this.byName = new Map([jsonSerializer, ...serializers].map((serializer) => [serializer.name, serializer]));
    this.accepted = new Map(
      accept.map((each) => this.find(each)).map((serializer) => [serializer.contentType, serializer]),
    );
  }

  /** Content types that are decoded. */
  get acceptedTypes(): readonly string[] {
    return [...this.accepted.keys()];
  }

  /**
   * @param name of the serializer, such as `json`
   * @throws {EncodeError} naming the place of what cannot be written
   * @throws {InvalidOptionError} when there is no such serializer
   */
  encode(name: string, value: unknown): EncodedContent {
    const serializer = this.byName.get(name);
    if (serializer === undefined) throw this.unknown('serializer', name);
    return {
      body: serializer.encode(value),
      contentType: serializer.contentType,
      contentEncoding: serializer.contentEncoding,
    };
  }

  /**
   * Reads the content of a message, if its type is accepted.
   * @throws {ContentDisallowed} when it is not; the body has not been touched
   * @throws {DecodeError} when it cannot be decompressed or read
   */
  decode(content: ReceivedContent): unknown {
    const contentType = content.contentType || 'application/data';
    const serializer = this.accepted.get(contentType);
    if (serializer === undefined) throw this.disallowed(contentType);
    const body = this.decompressed(content);
    return serializer.decode(
      serializer.contentEncoding === 'binary' ? asBytes(body) : asText(body, content.contentEncoding),
    );
  }

  /** @throws {MessageTooLargeError} when a message that is about to be sent takes more than it may */
  checkSize({ task, body, headers }: MessageToWeigh): void {
    if ((body.length + headers.length) * MOST_BYTES_OF_CHARACTER <= this.maxMessageBytes) return;
    const bytes = byteLength(body) + byteLength(headers);
    if (bytes > this.maxMessageBytes) {
      throw new MessageTooLargeError(`The message of task "${task}"`, bytes, this.maxMessageBytes);
    }
  }

  /** A body of text is not compressed; headers, which may have to be parsed first, are not asked for it then. */
  private decompressed(content: ReceivedContent): string | Uint8Array {
    const { body } = content;
    if (typeof body === 'string') return body;
    const compression = content.headers?.['compression'];
    if (compression === undefined || compression === null) return body;
    return decompress(body, compression, this.maxMessageBytes);
  }

  private find(nameOrType: string): Serializer {
    const all = [...this.byName.values()];
    const found = this.byName.get(nameOrType) ?? all.find(({ contentType }) => contentType === nameOrType);
    if (found === undefined) throw this.unknown('serialization.accept', nameOrType);
    return found;
  }

  private unknown(option: string, given: string): InvalidOptionError {
    const names = [...this.byName.keys()];
    const nearest = nearestName(given, names);
    const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
    return new InvalidOptionError(option, `one of ${names.map((name) => `"${name}"`).join(', ')}${hint}`, given);
  }

  private disallowed(contentType: string): ContentDisallowed {
    const accepted = this.acceptedTypes;
    const name = Object.keys(KOMBU_TYPES).find((each) => KOMBU_TYPES[each] === contentType) ?? contentType;
    return new ContentDisallowed(
      `Refused to decode content of type "${contentType}": this application accepts ${accepted.join(', ')} only. ` +
        `Have its sender use one of these, or list "${name}" in "serialization.accept" if you trust every sender.`,
      contentType,
      accepted,
    );
  }
}

function byteLength(content: string | Uint8Array): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.length;
}

function asBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
}

function asText(body: string | Uint8Array, encoding: string): string {
  if (typeof body === 'string') return body;
  try {
    return new TextDecoder(encoding === 'binary' || encoding === '' ? 'utf-8' : encoding, {
      fatal: true,
      ignoreBOM: true,
    }).decode(body);
  } catch (error) {
    throw new DecodeError(`Cannot decode a body: it is not text in the content encoding "${encoding}".`, {
      cause: error,
    });
  }
}
