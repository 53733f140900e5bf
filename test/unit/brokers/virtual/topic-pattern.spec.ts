import { describe, expect, it } from 'vitest';
import { fitsTopic } from '../../../../lib/brokers/virtual/topic-pattern.js';

describe('the pattern of a topic', () => {
  it.each([
    ['#', '', true],
    ['#', 'a.b', true],
    ['', '', true],
    ['', 'a', false],
    ['a', 'a', true],
    ['a', 'a.b', false],
    ['*', 'a', true],
    ['*', '', false],
    ['*', 'a.b', false],
    ['a.#', 'a', true],
    ['a.#', 'a.b.c', true],
    ['a.#', 'ab', false],
    ['#.c', 'c', true],
    ['#.c', 'a.b.c', true],
    ['a.*.c', 'a.b.c', true],
    ['a.*.c', 'a.c', false],
    ['a.#.c', 'a.c', true],
    ['a.#.c', 'a.b.b.c', true],
    ['a.#.c', 'a.b.b', false],
    ['*.#', 'a', true],
    ['a.+', 'a.b', false],
  ])('%j and the key %j: %s', (pattern, key, fits) => expect(fitsTopic(pattern, key)).toBe(fits));

  it('is judged at once, however many wildcards it has', () => {
    const many = Array.from({ length: 60 }, () => '#').join('.');
    const words = Array.from({ length: 60 }, () => 'a').join('.');

    expect(fitsTopic(`${many}.b`, words)).toBe(false);
  });
});
