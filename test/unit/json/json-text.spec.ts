import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editMembers, quoteJson, readMembers, toOneLine } from '../../../lib/json/index.js';

describe('readMembers', () => {
  it('gives the text of each value as it is written', () => {
    const members = readMembers(' { "a" : 12345678901234567890 , "b":{"x": [1, "}" ]}, "c\\"d": "\\\\" } ');

    expect([...members]).toEqual([
      ['a', '12345678901234567890'],
      ['b', '{"x": [1, "}" ]}'],
      ['c"d', '"\\\\"'],
    ]);
  });

  it.each(['', '[]', 'null', '{"a": 1', '{"a": }', '{"a" 1}', '{"a": 1} x', '{"a": [1}', '{,}', '{"a": 1,}', '{"a'])(
    'refuses %j',
    (text) => {
      expect(() => readMembers(text)).toThrow(SyntaxError);
    },
  );

  it('agrees with JSON.parse on every object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 2), (object, indent) => {
        const members = readMembers(JSON.stringify(object, null, indent));

        expect([...members.keys()]).toEqual(Object.keys(JSON.parse(JSON.stringify(object)) as object));
        for (const [key, text] of members) expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(object[key]));
      }),
    );
  });
});

describe('editMembers', () => {
  it('changes, removes and adds, and keeps all other characters', () => {
    const edited = editMembers('{"n":12345678901234567890,  "old" : 1.0, "gone": {}, "k": [ ]}', {
      old: '2.50',
      gone: undefined,
      never: undefined,
      new: '"x"',
    });

    expect(edited).toBe('{"n":12345678901234567890, "old" : 2.50, "k": [ ], "new": "x"}');
  });

  it('edits an empty object', () => {
    expect(editMembers('{ }', { a: '1' })).toBe('{"a": 1}');
    expect(editMembers('{}', {})).toBe('{}');
  });

  it('changes a repeated key at every place', () => {
    expect(editMembers('{"a": 1, "a": 2}', { a: '3' })).toBe('{"a": 3, "a": 3}');
  });

  it('knows an escaped key', () => {
    expect(editMembers('{"\\u0061": 1}', { a: '2' })).toBe('{"\\u0061": 2}');
  });

  it('means the same as setting the members', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(object, object, fc.array(fc.string()), (base, added, removed) => {
        const edits = Object.fromEntries([
          ...removed.map((key) => [key, undefined]),
          ...Object.entries(added).map(([key, value]) => [key, JSON.stringify(value)]),
        ]);
        const expected = new Map(Object.entries(JSON.parse(JSON.stringify(base)) as object));
        for (const [key, text] of Object.entries(edits)) {
          if (text === undefined) expected.delete(key);
          else expected.set(key, JSON.parse(text as string));
        }

        const edited = JSON.parse(
          editMembers(JSON.stringify(base), edits as Record<string, string | undefined>),
        ) as object;

        expect(new Map(Object.entries(edited))).toEqual(expected);
      }),
    );
  });
});

describe('quoteJson', () => {
  it('writes every string as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 10 }), fc.uuid()), (text) => {
        expect(quoteJson(text)).toBe(JSON.stringify(text));
      }),
    );
  });
});

describe('toOneLine', () => {
  it('turns breaks between values into spaces', () => {
    expect(toOneLine('{\n\t"a": 1,\r\n\t"b\\n": "x\\ty"\n}')).toBe('{  "a": 1,   "b\\n": "x\\ty" }');
  });

  it('is the same string where there are none', () => {
    const text = '{"a": "b\\tc"}';

    expect(toOneLine(text)).toBe(text);
  });

  it('keeps text invalid that has a raw break inside a string', () => {
    const line = toOneLine('{"a": "x\ny", "b": "z\t');

    expect(line).not.toMatch(/[\n\t\r]/);
    expect(() => JSON.parse(line)).toThrow(SyntaxError);
  });

  it('means the same for every pretty-printed value', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value: unknown = JSON.parse(text);
        const line = toOneLine(JSON.stringify(value, null, '\t'));

        expect(line).not.toMatch(/[\n\t\r]/);
        expect(JSON.parse(line)).toEqual(value);
      }),
    );
  });
});
