import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, EncodeError } from '../../../lib/errors/index.js';
import {
  createJsonSerializer,
  Decimal,
  jsonSerializer,
  Uuid,
  WireDate,
  WireDateTime,
  WireTime,
} from '../../../lib/serialization/index.js';

const { encode, decode } = jsonSerializer;
const there = (value: unknown): unknown => decode(encode(value));

describe('JSON with typed values, written', () => {
  it.each([
    [
      'a Date',
      new Date('2024-02-03T04:05:06.789Z'),
      { __type__: 'datetime', __value__: '2024-02-03T04:05:06.789000+00:00' },
    ],
    ['bytes that are text', new TextEncoder().encode('abc'), { __type__: 'bytes', __value__: 'abc' }],
    ['other bytes', Uint8Array.of(0xff, 0, 0x80), { __type__: 'base64', __value__: '/wCA' }],
    ['a Buffer', Buffer.from('hé'), { __type__: 'bytes', __value__: 'hé' }],
    ['an ArrayBuffer', Uint8Array.of(1).buffer, { __type__: 'bytes', __value__: '\u0001' }],
    ['a Decimal', new Decimal('12.340'), { __type__: 'decimal', __value__: '12.340' }],
    [
      'a Uuid',
      new Uuid('6A7A1C2E-0b6f-11ef-8000-000000000001'),
      { __type__: 'uuid', __value__: { hex: '6a7a1c2e0b6f11ef8000000000000001' } },
    ],
    ['a WireDate', new WireDate(2024, 2, 3), { __type__: 'date', __value__: '2024-02-03' }],
    ['a WireTime', new WireTime(4, 5, 6, 7), { __type__: 'time', __value__: '04:05:06.000007' }],
    ['a URL', new URL('https://example.org/a?b'), 'https://example.org/a?b'],
    [
      'an object with toJSON',
      { toJSON: () => ({ a: new Date(0) }) },
      { a: { __type__: 'datetime', __value__: '1970-01-01T00:00:00+00:00' } },
    ],
    [
      'a class instance',
      new (class Point {
        x = 1;
        y = undefined;
      })(),
      { x: 1 },
    ],
    ['boxed values', [Object('a'), Object(1), Object(true)], ['a', 1, true]],
    ['a map without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ])('%s', (_name, value, expected) => {
    expect(JSON.parse(encode(value))).toEqual(expected);
  });

  it('an integer beyond 2^53 as a bare literal', () => {
    expect(encode({ n: [2n ** 70n] })).toBe('{"n":[1180591620717411303424]}');
  });

  it('a number beyond 2^53 as the float it is', () => {
    const numbers = [2 ** 53, -1e20, 1e21, 1.5e300];

    expect(encode(numbers)).toBe('[9007199254740992.0,-100000000000000000000.0,1e+21,1.5e+300]');
    expect(there(numbers)).toEqual(numbers);
  });

  it('undefined as null in lists and at the top, and not at all in maps', () => {
    expect(encode([undefined, { a: undefined, b: 1 }])).toBe('[null,{"b":1}]');
    expect(encode({ at: new Date(0), list: [undefined], gone: undefined })).not.toContain('gone');
    expect(encode(undefined)).toBe('null');
  });

  it('on one line', () => {
    expect(encode({ 'a\n': '\t\r\n', at: new Date(0) })).not.toMatch(/[\t\r\n]/);
  });
});

describe('JSON with typed values, refused with what to do', () => {
  const self: Record<string, unknown> = {};
  self['list'] = [self];
  const deep = (): unknown => {
    let value: unknown = 1;
    for (let level = 0; level < 10_000; level += 1) value = [value];
    return value;
  };
  class Endless {
    toJSON(): unknown {
      return { next: new Endless() };
    }
  }

  it.each([
    ['NaN', { a: [1, NaN] }, 'a[1]', 'JSON has no NaN'],
    ['Infinity', Infinity, '', 'the value as JSON: JSON has no Infinity'],
    ['a Map', { m: new Map() }, 'm', 'Object.fromEntries(map)'],
    ['a Set', [{ s: new Set() }], '[0].s', 'send [...set]'],
    ['a Promise', [Promise.resolve()], '[0]', 'await it first'],
    ['an Error', { e: new Error('x') }, 'e', 'send its message'],
    ['a RegExp', [/x/], '[0]', 'send its source'],
    ['other typed arrays', [new Float64Array(1)], '[0]', 'Array.from'],
    ['a function', { f: () => 1 }, 'f', 'a function cannot be sent'],
    ['a symbol', [Symbol('s')], '[0]', 'a symbol cannot be sent'],
    ['an invalid Date', { at: new Date(NaN) }, 'at', 'invalid Date'],
    ['a cycle', { self }, 'self.list[0]', 'contains itself'],
    ['a value nested too deep', deep(), expect.any(String), 'nested deeper than 1000 levels'],
    ['a toJSON without an end', new Endless(), expect.any(String), 'nested deeper'],
    [
      'a toJSON that throws',
      {
        a: {
          toJSON: () => {
            throw new TypeError('no');
          },
        },
      },
      'a',
      'reading it threw TypeError: no',
    ],
    [
      'a getter that throws',
      {
        a: {
          get b(): never {
            throw new Error('no');
          },
        },
      },
      'a.b',
      'reading it threw Error: no',
    ],
    ['a toJSON that returns a Map', { toJSON: () => new Map() }, '', 'a Map cannot be sent'],
    [
      'a map that looks like an unknown typed value',
      { a: { __type__: 'nope', __value__: 1 } },
      'a',
      'mark a typed value',
    ],
    ['a map that looks like a broken typed value', { __type__: 'uuid', __value__: 'x' }, '', 'mark a typed value'],
    ['a revoked proxy', revoked(), '', 'reading it threw'],
  ])('%s', (_name, value, path, message) => {
    const refused = (): unknown => encode(value);

    expect(refused).toThrow(EncodeError);
    expect(refused).toThrow(expect.objectContaining({ path, message: expect.stringContaining(message as string) }));
  });

  function revoked(): unknown {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }

  it('writes NaN and Infinity as Python does where asked', () => {
    const { encode: write } = createJsonSerializer({ nonFinite: 'write' });

    expect(write([NaN, Infinity, -Infinity])).toBe('[NaN,Infinity,-Infinity]');
  });

  it('names the same place twice when it is written again after a failure', () => {
    const value = { ok: [1], bad: new Set() };

    expect(() => encode(value)).toThrow(expect.objectContaining({ path: 'bad' }));
    expect(() => encode(value)).toThrow(expect.objectContaining({ path: 'bad' }));
  });

  it('does not take a value that stands twice for a cycle', () => {
    const twice = { at: new Date(0) };

    expect(() => encode([twice, twice])).not.toThrow();
  });
});

describe('JSON with typed values, read', () => {
  it.each([
    [
      'datetime',
      '{"__type__": "datetime", "__value__": "2024-02-03T04:05:06.000789+00:00"}',
      new WireDateTime(Date.UTC(2024, 1, 3, 4, 5, 6), 789, 0),
    ],
    ['date', '{"__type__": "date", "__value__": "2024-02-03"}', new WireDate(2024, 2, 3)],
    ['date, written whole', '{"__type__": "date", "__value__": "2024-02-03T00:00:00"}', new WireDate(2024, 2, 3)],
    ['time', '{"__type__": "time", "__value__": "04:05:06.000007"}', new WireTime(4, 5, 6, 7)],
    ['decimal', '{"__type__": "decimal", "__value__": "12.340"}', new Decimal('12.340')],
    [
      'uuid',
      '{"__type__": "uuid", "__value__": {"hex": "6a7a1c2e0b6f11ef8000000000000001"}}',
      new Uuid('6a7a1c2e-0b6f-11ef-8000-000000000001'),
    ],
    [
      'uuid with a version',
      '{"__type__": "uuid", "__value__": {"hex": "6a7a1c2e0b6f11ef8000000000000001", "version": 1}}',
      new Uuid('6a7a1c2e-0b6f-11ef-8000-000000000001'),
    ],
    ['bytes', '{"__type__": "bytes", "__value__": "abc"}', new TextEncoder().encode('abc')],
    ['base64', '{"__value__": "/wCA", "__type__": "base64"}', Uint8Array.of(0xff, 0, 0x80)],
    ['with escapes in the marker', '{"\\u005f_type__": "bytes", "__value__": ""}', new Uint8Array()],
    [
      'beside other keys, as data',
      '{"__type__": "bytes", "__value__": "", "x": 1}',
      { __type__: 'bytes', __value__: '', x: 1 },
    ],
    ['in depth', '[{"a": {"__type__": "date", "__value__": "2024-02-03"}}]', [{ a: new WireDate(2024, 2, 3) }]],
    ['bare words', '[NaN, 1180591620717411303424]', [NaN, 1180591620717411303424n]],
  ])('%s', (_name, text, expected) => {
    expect(decode(text)).toEqual(expected);
    expect(decode(Buffer.from(text))).toEqual(expected);
  });

  it.each([
    ['no JSON', '{', 'Cannot decode JSON'],
    ['nothing', '', 'Cannot decode JSON'],
    ['an unknown type', '{"__type__": "nope", "__value__": 1}', 'no such type is registered'],
    ['a type that is no text', '{"__type__": {}, "__value__": 1}', 'no such type is registered'],
    ['a type of every object', '{"__type__": "constructor", "__value__": 1}', 'no such type is registered'],
    ['a value of the wrong type', '{"__type__": "bytes", "__value__": 1}', 'to be text, got 1 (number)'],
    ['no date', '{"__type__": "date", "__value__": "2024-02-30"}', 'Expected a date'],
    ['no datetime', '{"__type__": "datetime", "__value__": "2024-02-03 25:00"}', 'Expected a datetime'],
    ['no time', '{"__type__": "time", "__value__": "24:00:00"}', 'Expected a time'],
    ['no decimal', '{"__type__": "decimal", "__value__": "1,5"}', 'Expected a decimal number'],
    ['no uuid', '{"__type__": "uuid", "__value__": {"hex": "xyz"}}', 'Expected a UUID'],
    ['arrays without an end', '['.repeat(10_000), 'nested deeper'],
    ['10 000 levels', '['.repeat(10_000) + ']'.repeat(10_000), 'nested deeper'],
    [
      '10 000 levels of typed values',
      '{"__type__":"x","__value__":'.repeat(10_000) + '1' + '}'.repeat(10_000),
      'nested deeper',
    ],
  ])('refuses %s', (_name, text, message) => {
    expect(() => decode(text)).toThrow(DecodeError);
    expect(() => decode(text)).toThrow(message);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => decode(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(DecodeError);
  });

  it('reads a body of 10 MiB', () => {
    const text = 'x'.repeat(1_000);
    const value = Array.from({ length: 10_486 }, (_, index) => ({ index, text }));

    expect(there(value)).toEqual(value);
  });

  it.each([
    '{"__proto__": {"polluted": true}}',
    '{"__proto__": {"__type__": "date", "__value__": "2024-02-03"}}',
    '{"constructor": {"prototype": {"polluted": true}}, "at": {"__type__": "date", "__value__": "2024-02-03"}}',
  ])('changes no prototype: %s', (text) => {
    const value = decode(text) as object;

    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('JSON with typed values, there and back', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
    fc.boolean(),
    fc.constant(null),
    fc
      .bigInt()
      .map((value) => (Number.isSafeInteger(Number(value)) ? value + 2n ** 60n : value))
      .filter((value) => value > 2n ** 54n),
    fc.uint8Array(),
    fc.uuid().map((text) => new Uuid(text)),
    fc
      .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
      .map((date) => new WireDateTime(date.getTime(), 0, 0)),
    fc
      .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
      .map((parts) => new WireDate(...parts)),
    fc
      .tuple(
        fc.nat(23),
        fc.nat(59),
        fc.nat(59),
        fc.nat(999_999),
        fc.option(fc.integer({ min: -86_399, max: 86_399 }), { nil: undefined }),
      )
      .map((parts) => new WireTime(...parts)),
    fc.tuple(fc.integer(), fc.nat(9_999)).map(([whole, part]) => new Decimal(`${whole}.${part}`)),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value')),
      fc.dictionary(
        fc.string().filter((key) => key !== '__type__'),
        tie('value'),
      ),
    ),
  }));

  it('keeps every value', () => {
    fc.assert(
      fc.property(value, (each) => {
        expect(there(each)).toEqual(each);
      }),
    );
  });

  it('writes plain values as JSON.stringify does, on the slow way too', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (plain) => {
        fc.pre(!/(?:^|[[:,-])\d{16}/.test(JSON.stringify(plain))); // numbers beyond 2^53 get a fraction
        expect(encode(plain)).toBe(JSON.stringify(plain));
        expect(encode({ plain, at: new Date(0) })).toBe(
          `{"plain":${JSON.stringify(plain)},"at":{"__type__":"datetime","__value__":"1970-01-01T00:00:00+00:00"}}`,
        );
      }),
    );
  });

  it('throws nothing but DecodeError, whatever the text', () => {
    const fragment = fc.constantFrom(
      ...'{}[]:,"1 ',
      '"__type__":',
      '"__value__":',
      '"date"',
      '"uuid"',
      '"bytes"',
      '"x"',
      'NaN',
      '{"hex":"00"}',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 20 }), (parts) => {
        try {
          decode(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a type of the application', () => {
  class Money {
    constructor(
      readonly amount: bigint,
      readonly currency: string,
    ) {}
  }
  const money = {
    name: 'money',
    type: Money,
    encode: ({ amount, currency }: Money) => ({ amount, currency }),
    decode: (value: unknown) => {
      const { amount, currency } = value as Money;
      return new Money(BigInt(amount), currency);
    },
  };

  it('travels typed, for the serializer that knows it alone', () => {
    const own = createJsonSerializer({ types: [money] });
    const text = own.encode([new Money(5n, 'EUR')]);

    expect(text).toBe('[{"__type__":"money","__value__":{"amount":5,"currency":"EUR"}}]');
    expect(own.decode(text)).toEqual([new Money(5n, 'EUR')]);
    expect(() => decode(text)).toThrow(DecodeError);
  });
});
