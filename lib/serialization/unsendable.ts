import { types } from 'node:util';

/** Why an object without a `toJSON` of its own cannot be sent, and what to send instead; `undefined` where its own fields can be. */
export function refusal(value: object): string | undefined {
  if (types.isMap(value)) return 'a Map cannot be sent; send Object.fromEntries(map) or [...map]';
  if (types.isSet(value)) return 'a Set cannot be sent; send [...set]';
  if (types.isWeakMap(value) || types.isWeakSet(value)) return 'a weak collection cannot be sent';
  if (types.isPromise(value)) return 'a Promise cannot be sent; await it first';
  if (types.isNativeError(value)) return 'an Error cannot be sent; send its message';
  if (types.isRegExp(value)) return 'a RegExp cannot be sent; send its source';
  if (ArrayBuffer.isView(value))
    return `a ${value.constructor.name} cannot be sent; send Array.from(it), or its bytes as a Uint8Array`;
  if (types.isGeneratorObject(value)) return 'a generator cannot be sent; send [...generator]';
  return undefined;
}
