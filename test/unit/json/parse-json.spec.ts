import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DEPTH, parseJson } from '../../../lib/json/index.js';
import { LosslessParser } from '../../../lib/json/lossless-parser.js';

const lossless = (text: string): unknown => new LosslessParser(text).parse();

describe('parseJson', () => {
  it('keeps integers beyond 2^53', () => {
    expect(parseJson('[9007199254740991, 9007199254740993, -12345678901234567890]')).toEqual([
      9007199254740991,
      9007199254740993n,
      -12345678901234567890n,
    ]);
  });

  it('reads long fractions and exponents as numbers', () => {
    expect(parseJson('[0.12345678901234567890, 12345678901234567890.5, 1234567890123456789e2]')).toEqual(
      ['0.12345678901234567890', '12345678901234567890.5', '1234567890123456789e2'].map(Number),
    );
  });

  it("reads Python's bare words", () => {
    expect(parseJson('{"a": [NaN, Infinity], "b": -Infinity}')).toEqual({ a: [NaN, Infinity], b: -Infinity });
  });

  it('leaves words inside of strings alone', () => {
    expect(parseJson('["NaN", "12345678901234567890", Infinity]')).toEqual(['NaN', '12345678901234567890', Infinity]);
  });

  it.each(['{"__proto__": {"polluted": 1}}', '{"__proto__": {"polluted": 1}, "n": 12345678901234567890}'])(
    'takes __proto__ for data: %s',
    (text) => {
      const value = parseJson(text) as object;

      expect(Object.hasOwn(value, '__proto__')).toBe(true);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );

  it.each([
    ['arrays', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['objects', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
    ['unclosed arrays', '['.repeat(10_000_000)],
    ['arrays around a large integer', `${'['.repeat(10_000)}12345678901234567890${']'.repeat(10_000)}`],
  ])('refuses %s nested too deep', (_name, text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('reads what is as deep as allowed, brackets in strings aside', () => {
    const inner = JSON.stringify('[{'.repeat(5_000));

    expect(() => parseJson('['.repeat(MAX_DEPTH) + inner + ']'.repeat(MAX_DEPTH))).not.toThrow();
  });

  it('refuses an integer whose length alone would take seconds', () => {
    expect(() => parseJson('9'.repeat(100_000))).toThrow('more than 4300 digits');
  });

  it.each([
    '',
    ' ',
    '{',
    '[1,]',
    '{"a"}',
    '{a: 1}',
    "{'a': 1}",
    '01',
    '1.',
    '.5',
    '+1',
    '-',
    'nul',
    '"\t"',
    '"\\x"',
    '[1] 2',
    '"',
    '{"a":1,}',
  ])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
    expect(() => lossless(text)).toThrow(SyntaxError);
  });
});

describe('the lossless parser', () => {
  it('reads every JSON text as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        const spaced = JSON.stringify(JSON.parse(text), null, indent);
        fc.pre(!/(?:^|[[:,\-\s])\d{16}/.test(spaced)); // those that may be a bigint

        expect(lossless(spaced)).toEqual(JSON.parse(spaced));
      }),
    );
  });

  it('reads every integer exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        const read = lossless(` ${value} `) as number | bigint;

        expect(BigInt(read)).toBe(value);
        expect(typeof read).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
      }),
    );
  });

  it('throws nothing but SyntaxError, whatever the text', () => {
    const fragment = fc.constantFrom(
      ...'{}[]:,"\\-+.eE0123456789 \n',
      'NaN',
      'Infinity',
      'null',
      'true',
      '__proto__',
      '"a"',
      '\\u00',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        for (const parse of [lossless, parseJson]) {
          try {
            parse(text);
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('accepts exactly what JSON.parse accepts, but for the bare words', () => {
    const fragment = fc.constantFrom(...'{}[]:,"\\-+.e01 ', '"a"', 'null');
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const accepts = (parse: (text: string) => unknown): boolean => {
          try {
            parse(text);
            return true;
          } catch {
            return false;
          }
        };

        expect(accepts(lossless)).toBe(accepts(JSON.parse));
      }),
      { numRuns: 5_000 },
    );
  });
});
