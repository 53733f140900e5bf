import { isUtf8 } from 'node:buffer';
import { types } from 'node:util';
import { DecodeError, describeValue } from '../errors/index.js';
import { formatIso } from '../time/index.js';
import { Decimal } from './values/decimal.js';
import { Uuid } from './values/uuid.js';
import { WireDateTime } from './values/wire-date-time.js';
import { WireDate } from './values/wire-date.js';
import { WireTime } from './values/wire-time.js';

/**
 * A class of yours that travels as `{"__type__": name, "__value__": …}`, which every reader has to know too.
 * @source kombu/utils/json.py `register_type`
 */
export interface JsonType<T = unknown> {
  /** Marker on the wire, the same on every side. */
  readonly name: string;
  /** Instances of it are written so. */
  readonly type: abstract new (...args: never[]) => T;
  /** To plain data, which may hold typed values again. */
  encode(value: T): unknown;
  decode(value: unknown): T;
}

/** Marker and plain form of a value, or `undefined` where it is none of the typed ones. */
export function typedForm(value: object): { readonly name: string; readonly value: unknown } | undefined {
  if (value instanceof WireDateTime) return { name: 'datetime', value: value.toIso() };
  if (types.isDate(value)) return { name: 'datetime', value: formatIso(value.getTime()) };
  if (types.isUint8Array(value)) return bytesForm(value);
  if (types.isAnyArrayBuffer(value)) return bytesForm(new Uint8Array(value));
  if (value instanceof WireDate) return { name: 'date', value: value.toString() };
  if (value instanceof WireTime) return { name: 'time', value: value.toString() };
  if (value instanceof Decimal) return { name: 'decimal', value: value.text };
  if (value instanceof Uuid) return { name: 'uuid', value: { hex: value.hex } };
  return undefined;
}

function bytesForm(bytes: Uint8Array): { readonly name: string; readonly value: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer)
    ? { name: 'bytes', value: buffer.toString('utf8') }
    : { name: 'base64', value: buffer.toString('base64') };
}

/** Readers of kombu's own typed values. */
export const BUILT_IN_DECODERS: ReadonlyMap<string, (value: unknown) => unknown> = new Map<
  string,
  (value: unknown) => unknown
>([
  ['datetime', (value) => WireDateTime.fromIso(text('datetime', value))],
  ['date', (value) => WireDate.fromIso(text('date', value))],
  ['time', (value) => WireTime.fromIso(text('time', value))],
  ['decimal', (value) => new Decimal(text('decimal', value))],
  [
    'uuid',
    (value) =>
      new Uuid(text('uuid', typeof value === 'object' && value !== null && 'hex' in value ? value.hex : value)),
  ],
  ['bytes', (value) => new TextEncoder().encode(text('bytes', value))],
  ['base64', (value) => new Uint8Array(Buffer.from(text('base64', value), 'base64'))],
]);

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new DecodeError(`Expected the "__value__" of a typed value "${name}" to be text, got ${describeValue(value)}.`);
}
