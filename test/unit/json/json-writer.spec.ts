import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonWriter } from '../../../lib/json/index.js';

function written(write: (json: JsonWriter) => void): string {
  const json = new JsonWriter();
  write(json);
  return Buffer.from(json.take()).toString();
}

describe('JsonWriter', () => {
  it('writes what a string holds so that it is read again as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), { maxLength: 4 }), (texts) => {
        const json = written((writer) => {
          writer.text('[');
          for (const text of texts) {
            writer.byte(34);
            writer.content(text);
            writer.piece(Buffer.from('",'));
          }
          writer.text('0]');
        });

        expect(JSON.parse(json)).toEqual([...texts, 0]);
      }),
    );
  });

  it('escapes half a character, which has no place in UTF-8', () => {
    expect(written((json) => json.content('a\ud800b'))).toBe('a\\ud800b');
  });

  it('writes whole numbers', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (count) => {
        expect(written((json) => json.count(count))).toBe(String(count));
      }),
    );
    for (const count of [0, 9, 10, 2 ** 31 - 1, 2 ** 31]) {
      expect(written((json) => json.count(count))).toBe(String(count));
    }
  });

  it('writes seconds to the nanosecond', () => {
    expect(written((json) => json.seconds(0))).toBe('0.000000000');
    expect(written((json) => json.seconds(1_234.567_891))).toBe('1.234567891');
    expect(written((json) => json.seconds(90_000.5))).toBe('90.0005');
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        expect(Number(written((json) => json.seconds(ms)))).toBeCloseTo(ms / 1_000, 8);
      }),
    );
  });

  it('takes a part of a piece', () => {
    expect(
      written((json) => {
        json.piece(Buffer.from('abc'), 2);
        json.text('d');
      }),
    ).toBe('abd');
  });

  it('writes a stretch once more', () => {
    expect(
      written((json) => {
        json.text('xé-');
        json.again(1, 3);
      }),
    ).toBe('xé-é');
  });

  it('grows, and begins anew with what it has', () => {
    const json = new JsonWriter();
    const long = 'x'.repeat(100_000);
    json.text('a');
    json.content(long);
    expect(json.length).toBe(100_001);
    const first = json.take();

    json.text('b');

    expect(Buffer.from(first).toString()).toBe(`a${long}`);
    expect(Buffer.from(json.take()).toString()).toBe('b');
    expect(json.length).toBe(0);
  });
});
