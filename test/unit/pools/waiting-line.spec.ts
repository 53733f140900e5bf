import { describe, expect, it } from 'vitest';

import { WaitingLine } from '../../../lib/pools/waiting-line.js';

function setup(count: number) {
  const items = Array.from({ length: count }, (_, order) => ({ order, state: 'waiting' }));
  const line = new WaitingLine<(typeof items)[number]>();
  for (const item of items) line.push(item);
  const rest = () => {
    const orders: number[] = [];
    for (let item = line.shift(); item !== undefined; item = line.shift()) orders.push(item.order);
    return orders;
  };
  return { items, line, rest };
}

describe('WaitingLine', () => {
  it('gives first what came first, skipping what no longer waits', () => {
    const { items, rest } = setup(5);
    items[0]!.state = items[2]!.state = 'ended';

    expect(rest()).toEqual([1, 3, 4]);
  });

  it('gives what is put back its place again, in whatever order it returns', () => {
    const { items, line, rest } = setup(5);
    line.shift();
    line.shift();
    line.shift();

    for (const index of [1, 0, 2]) line.putBack(items[index]!);

    expect(rest()).toEqual([0, 1, 2, 3, 4]);
  });

  it('keeps what it shows', () => {
    const { items, line, rest } = setup(2);

    expect(line.peek()).toBe(items[0]);
    expect(rest()).toEqual([0, 1]);
  });

  it('gives all at once and is empty then', () => {
    const { items, line } = setup(3);
    line.shift();
    items[1]!.state = 'ended';

    expect(line.takeAll()).toEqual([items[2]]);
    expect(line.peek()).toBeUndefined();
  });

  it('goes on after it was emptied', () => {
    const { items, line, rest } = setup(2);
    rest();

    line.push(items[0]!);

    expect(rest()).toEqual([0]);
  });
});
