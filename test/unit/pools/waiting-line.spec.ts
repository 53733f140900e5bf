import { describe, expect, it } from 'vitest';

import { WaitingLine } from '../../../lib/pools/waiting-line.js';

function setup(count: number) {
  const gone = new Set<number>();
  const line = new WaitingLine<number>((item) => !gone.has(item));
  for (let i = 1; i <= count; i++) line.push(i);
  const rest = () => {
    const items: number[] = [];
    for (let item = line.shift(); item !== undefined; item = line.shift()) items.push(item);
    return items;
  };
  return { gone, line, rest };
}

describe('WaitingLine', () => {
  it('gives first what came first, skipping what no longer waits', () => {
    const { gone, rest } = setup(5);
    gone.add(1).add(3);

    expect(rest()).toEqual([2, 4, 5]);
  });

  it('puts back before all others, in the order given', () => {
    const { line, rest } = setup(4);
    line.shift();
    line.shift();

    line.putBack([1, 2]);

    expect(rest()).toEqual([1, 2, 3, 4]);
  });

  it('keeps what it shows', () => {
    const { line, rest } = setup(2);

    expect(line.peek()).toBe(1);
    expect(rest()).toEqual([1, 2]);
  });

  it('gives all at once and is empty then', () => {
    const { gone, line } = setup(3);
    line.shift();
    gone.add(2);

    expect(line.takeAll()).toEqual([3]);
    expect(line.peek()).toBeUndefined();
  });
});
