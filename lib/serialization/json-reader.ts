import { DecodeError, describeValue } from '../errors/index.js';
import { parseJson } from '../json/index.js';

/** Reads JSON with typed values. */
export class JsonReader {
  constructor(private readonly decoders: ReadonlyMap<string, (value: unknown) => unknown>) {}

  /** @throws {DecodeError} */
  read(text: string): unknown {
    try {
      const value = parseJson(text);
      return text.includes('__type__') || text.includes('\\u005') ? this.revive(value) : value;
    } catch (error) {
      if (error instanceof DecodeError) throw error;
      throw new DecodeError(`Cannot decode JSON: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  /** Replaces typed values in place, the innermost first. The depth was checked by the parser. */
  private revive(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      for (let at = 0; at < value.length; at += 1) value[at] = this.revive(value[at]);
      return value;
    }
    const map = value as Record<string, unknown>;
    const keys = Object.keys(map);
    for (const key of keys) map[key] = this.revive(map[key]); // an own `__proto__` stays data, as it exists already
    return keys.length === 2 && Object.hasOwn(map, '__type__') && Object.hasOwn(map, '__value__')
      ? this.decode(map)
      : map;
  }

  private decode({ __type__: name, __value__: value }: Record<string, unknown>): unknown {
    const decode = typeof name === 'string' ? this.decoders.get(name) : undefined;
    if (decode === undefined) {
      throw new DecodeError(
        `Cannot decode a typed value of type ${describeValue(name)}: no such type is registered. ` +
          'Register it with the option "types" of the JSON serializer, as its sender did.',
      );
    }
    return decode(value);
  }
}
