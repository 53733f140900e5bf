import { types } from 'node:util';
import { EncodeError } from '../errors/index.js';
import { MAX_DEPTH, quoteJson } from '../json/index.js';
import { typedForm, type JsonType } from './json-types.js';
import { refusal } from './unsendable.js';

export interface JsonWriterOptions {
  readonly types: readonly JsonType[];
  readonly nonFinite: 'refuse' | 'write';
  /** Reads a map that looks like a typed value, to see whether any reader could. */
  readonly check: (text: string) => void;
}

/** Whether a value holds nothing but what `JSON.stringify` writes as we do: then that is used, being several times faster. */
export function isPlain(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true;
    case 'number':
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
    case 'object':
      return value === null || isPlainObject(value, depth);
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (depth >= MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) if (!isPlain(value[at], depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], depth + 1)) return false;
  return true;
}

/** Writes one value with everything that plain JSON cannot say, and names the place of what cannot be written at all. */
export class JsonWriter {
  private readonly path: (string | number)[] = [];
  private readonly open = new Set<object>();

  constructor(private readonly options: JsonWriterOptions) {}

  /** @throws {EncodeError} */
  write(value: unknown): string {
    try {
      return this.text(value) ?? 'null';
    } catch (error) {
      if (error instanceof EncodeError) throw error;
      throw this.refuse(`reading it threw ${describeThrown(error)}`, error);
    }
  }

  /** `undefined` for what an object leaves out. */
  private text(value: unknown): string | undefined {
    switch (typeof value) {
      case 'string':
        return quoteJson(value);
      case 'number':
        return this.number(value);
      case 'boolean':
        return String(value);
      case 'bigint':
        return value.toString();
      case 'undefined':
        return undefined;
      case 'object':
        return value === null ? 'null' : this.object(value);
      default:
        throw this.refuse(`a ${typeof value} cannot be sent; send what it returns or stands for`);
    }
  }

  private number(value: number): string {
    if (Number.isFinite(value)) {
      const text = JSON.stringify(value);
      // A number beyond 2^53 is no exact integer: with a fraction it arrives as the float it is, and not as a bigint.
      return Number.isSafeInteger(value) || /[.e]/.test(text) ? text : `${text}.0`;
    }
    if (this.options.nonFinite === 'write') return String(value);
    throw this.refuse(`JSON has no ${value}; send null or a text instead`);
  }

  private object(value: object): string | undefined {
    if (this.open.has(value)) throw this.refuse('it contains itself; send ids instead of references');
    if (this.open.size >= MAX_DEPTH) throw this.refuse(`it is nested deeper than ${MAX_DEPTH} levels`);
    this.open.add(value);
    try {
      return Array.isArray(value) ? this.array(value) : (this.typed(value) ?? this.other(value));
    } finally {
      this.open.delete(value);
    }
  }

  private array(values: readonly unknown[]): string {
    let text = '[';
    for (let at = 0; at < values.length; at += 1) {
      this.path.push(at);
      text += (at === 0 ? '' : ',') + (this.text(values[at]) ?? 'null');
      this.path.pop();
    }
    return `${text}]`;
  }

  private typed(value: object): string | undefined {
    const own = this.options.types.find(({ type }) => value instanceof type);
    const form = own === undefined ? this.builtIn(value) : { name: own.name, value: own.encode(value) };
    return form && `{"__type__":${quoteJson(form.name)},"__value__":${this.text(form.value) ?? 'null'}}`;
  }

  private builtIn(value: object): ReturnType<typeof typedForm> {
    if (types.isDate(value) && Number.isNaN(value.getTime()))
      throw this.refuse('it is an invalid Date; send null instead');
    return typedForm(value);
  }

  private other(value: object): string | undefined {
    if (types.isBoxedPrimitive(value)) return this.text(value.valueOf());
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') {
      const plain: unknown = toJSON.call(value, String(this.path.at(-1) ?? ''));
      if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return this.text(plain);
      return plain === value ? this.map(value) : (this.typed(plain) ?? this.map(plain)); // never asked for its `toJSON` again
    }
    return this.map(value);
  }

  private map(value: object): string {
    const reason = refusal(value);
    if (reason !== undefined) throw this.refuse(reason);
    const keys = Object.keys(value);
    let text = '{';
    for (const key of keys) {
      this.path.push(key);
      const member = this.text((value as Record<string, unknown>)[key]);
      if (member !== undefined) text += `${text.length === 1 ? '' : ','}${quoteJson(key)}:${member}`;
      this.path.pop();
    }
    text += '}';
    if (keys.length === 2 && keys.includes('__type__') && keys.includes('__value__')) this.checkMarked(text);
    return text;
  }

  /** A map that looks like a typed value which nobody can read would make a message that nobody can decode. */
  private checkMarked(text: string): void {
    try {
      this.options.check(text);
    } catch (error) {
      throw this.refuse(
        `its keys "__type__" and "__value__" mark a typed value, and it is none (${describeThrown(error)})`,
        error,
      );
    }
  }

  private refuse(reason: string, cause?: unknown): EncodeError {
    const path = this.path
      .map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`))
      .join('');
    const place = path === '' ? 'the value' : `"${path}"`;
    return new EncodeError(
      `Cannot encode ${place} as JSON: ${reason}.`,
      path,
      cause === undefined ? undefined : { cause },
    );
  }
}

function describeThrown(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return 'something that cannot be shown';
  }
}
