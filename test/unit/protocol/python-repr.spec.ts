import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argsRepr, kwargsRepr, pythonRepr } from '../../../lib/protocol/index.js';
import { Decimal, Uuid, WireDate, WireDateTime, WireTime } from '../../../lib/serialization/index.js';

describe('argsRepr', () => {
  it.each([
    [[], '()'],
    [[1], '(1,)'],
    [[2, 3], '(2, 3)'],
    [[[1, 2]], '([1, 2],)'],
    [[null, undefined, true, false], '(None, None, True, False)'],
    [[1.5, -0, NaN, Infinity, -Infinity, 2n ** 70n], '(1.5, 0, nan, inf, -inf, 1180591620717411303424)'],
    [[1e-7, 1.5e-9, 1e21, 1e-10], '(1e-07, 1.5e-09, 1e+21, 1e-10)'],
    [['two', "it's", '"', `both ' and "`], `('two', "it's", '"', 'both \\' and "')`],
    [
      ['a\\b\n\r\t\u0000\u007f\u2028', 'hé 世 😀', '\ud800'],
      "('a\\\\b\\n\\r\\t\\x00\\x7f\\u2028', 'hé 世 😀', '\\ud800')",
    ],
    [[{ a: 1, 'b c': [2] }], "({'a': 1, 'b c': [2]},)"],
    [[[[[1]]]], '([[[...]]],)'],
    [[{ a: { b: { c: 1 } } }], "({'a': {'b': {...}}},)"],
    [
      [new Date('2024-02-03T04:05:06.789Z')],
      '(datetime.datetime(2024, 2, 3, 4, 5, 6, 789000, tzinfo=datetime.timezone.utc),)',
    ],
    [[new Date(NaN)], '(<invalid date>,)'],
    [[new Uint8Array([97]), new Uint8Array([255, 0])], "(b'a', b'ff00')"],
    [[new Map([['a', 1]]), new Set([1])], "({'a': 1}, {1})"],
    [[new URL('https://example.org/')], "('https://example.org/',)"],
    [[function named() {}, Symbol('s')], '(<function named>, Symbol(s))'],
    [
      [new Decimal('1.50'), new Uuid('6a7a1c2e0b6f11ef8000000000000001')],
      "(Decimal('1.50'), UUID('6a7a1c2e-0b6f-11ef-8000-000000000001'))",
    ],
    [[new WireDate(2024, 2, 3), new WireTime(4, 5)], '(datetime.date(2024, 2, 3), datetime.time(4, 5))'],
    [[new WireDateTime(0)], '(datetime.datetime(1970, 1, 1, 0, 0),)'],
    [
      [
        new (class Point {
          x = 1;
        })(),
      ],
      "({'x': 1},)",
    ],
    [[Object.create(null)], '({},)'],
  ])('shows %o as Python does', (args, expected) => {
    expect(argsRepr(args)).toBe(expected);
  });

  it('shows a value that contains itself', () => {
    const self: unknown[] = [];
    self.push(self);

    expect(argsRepr(self)).toBe('([[...]],)');
  });

  it('shows around what cannot be read', () => {
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    );
    const getter = {
      ok: 1,
      get bad(): never {
        throw new Error('no');
      },
    };

    expect(argsRepr([trap, getter, 2])).toBe("(<unrepresentable>, {'ok': 1, <unrepresentable>}, 2)");
  });

  it.each([
    ['a long text', ['x'.repeat(1_000_000)]],
    ['a long list', [Array.from({ length: 100_000 }, (_, index) => index)]],
    ['many empty members', [Array.from({ length: 100_000 }, () => ({}))]],
    ['nested empty members', [[Array.from({ length: 100_000 }, () => [{}])]]],
    ['a large map', [Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]))]],
    ['many arguments', Array.from({ length: 10_000 }, () => 'abc')],
    ['long keys', [{ ['k'.repeat(10_000)]: 'v'.repeat(10_000), next: 1 }]],
    ['many bytes', [new Uint8Array(10_000_000).fill(255)]],
    ['a long integer', [10n ** 5_000n]],
  ])('cuts %s near 1024 characters', (_name, args) => {
    const text = argsRepr(args);

    expect(text.length).toBeGreaterThan(500);
    expect(text.length).toBeLessThan(2_200);
    expect(text).toContain('...');
    expect(text.endsWith(')')).toBe(true);
  });

  it('never throws, and keeps to its size', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.anything({
            withDate: true,
            withMap: true,
            withSet: true,
            withTypedArray: true,
            withBigInt: true,
            withNullPrototype: true,
            withSparseArray: true,
          }),
        ),
        (args) => {
          expect(argsRepr(args).length).toBeLessThan(3_000);
        },
      ),
    );
  });
});

describe('kwargsRepr', () => {
  it('shows a map', () => {
    expect(kwargsRepr({})).toBe('{}');
    expect(kwargsRepr({ three: 3, a: "it's" })).toBe(`{'three': 3, 'a': "it's"}`);
  });
});

describe('pythonRepr', () => {
  it('shows one value', () => {
    expect([pythonRepr('a'), pythonRepr(null), pythonRepr({ a: [1] })]).toEqual(["'a'", 'None', "{'a': [1]}"]);
  });
});
