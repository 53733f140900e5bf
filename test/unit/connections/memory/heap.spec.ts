import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../../../lib/connections/memory/heap.js';

function drain(heap: Heap<number>): number[] {
  const drained: number[] = [];
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) drained.push(next);
  return drained;
}

describe('Heap', () => {
  it('gives the least element first, whatever the order of putting in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = new Heap<number>((a, b) => a < b);
        for (const number of numbers) heap.push(number);

        expect(drain(heap)).toEqual(numbers.toSorted((a, b) => a - b));
      }),
    );
  });

  it('keeps its order when elements are removed from the middle', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) => {
        const heap = new Heap<number>((a, b) => a < b);
        for (const number of numbers) heap.push(number);

        const removed = heap.removeAll((number) => number % 3 === 0);

        expect(removed).toHaveLength(numbers.filter((number) => number % 3 === 0).length);
        expect(drain(heap)).toEqual(numbers.filter((number) => number % 3 !== 0).sort((a, b) => a - b));
      }),
    );
  });

  it('is empty at first', () => {
    const heap = new Heap<number>((a, b) => a < b);

    expect([heap.size, heap.peek(), heap.pop()]).toEqual([0, undefined, undefined]);
  });
});
