import { describe, expect, it } from 'vitest';

import { frame, LineCutter, numbersOf, restOf } from '../../../lib/pools/child/frames.js';

describe('frame', () => {
  it('is a letter and its fields', () => {
    expect(frame('X')).toBe('X');
    expect(frame('J', 12, 3, '{"a":1}')).toBe('J\t12\t3\t{"a":1}');
  });

  it('is read back, whatever its last field holds', () => {
    expect(numbersOf(frame('J', 12, 3, 'a\tb'), 2)).toEqual({ first: 12, second: 3, rest: 'a\tb' });
    expect(numbersOf(frame('D', 7, 'a\tb'), 1)).toEqual({ first: 7, second: 0, rest: 'a\tb' });
    expect(numbersOf(frame('D', 7, ''), 1)).toEqual({ first: 7, second: 0, rest: '' });
    expect(numbersOf(frame('S', 7), 1)).toEqual({ first: 7, second: 0, rest: '' });
    expect(restOf(frame('U', 'text'))).toBe('text');
  });
});

describe('LineCutter', () => {
  it('gives whole lines, however the text was cut', () => {
    const text = 'one\ntwo\n\nthree\n';
    for (let size = 1; size <= text.length; size++) {
      const cutter = new LineCutter();
      const lines: string[] = [];
      for (let at = 0; at < text.length; at += size) lines.push(...cutter.cut(text.slice(at, at + size)));

      expect(lines).toEqual(['one', 'two', '', 'three']);
    }
  });

  it('keeps an unfinished line for later', () => {
    const cutter = new LineCutter();

    expect(cutter.cut('one\ntw')).toEqual(['one']);
    expect(cutter.cut('o')).toEqual([]);
    expect(cutter.cut('\n')).toEqual(['two']);
  });
});
