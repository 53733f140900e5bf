import { describe, expect, it } from 'vitest';
import { Lane, type LaneOptions } from '../../../lib/worker/flow/lane.js';

function setup(slots: number, options: Partial<LaneOptions> = {}) {
  const lane = new Lane(
    { name: 'threads', pool: { limit: slots }, processes: () => 1 },
    { prefetchMultiplier: undefined, optimization: 'default', ...options },
  );
  const run = (ms: number, times = 8): void => {
    for (let n = 0; n < times; n++) lane.recordRun(ms);
  };
  return { lane, run };
}

describe('a pool of several lets wait in it', () => {
  it('one for each slot, 8 at most, until it is known how long tasks take', () => {
    expect(setup(2).lane.ahead(0)).toBe(2);
    expect(setup(100).lane.ahead(0)).toBe(8);
  });

  it('what it starts within half a second, and one for each slot however long tasks take', () => {
    const aheadOf = (ms: number): number => {
      const { lane, run } = setup(2);
      run(ms);
      return lane.ahead(0);
    };

    expect([0.1, 20, 10_000].map(aheadOf)).toEqual([1_000, 50, 2]);
  });

  it('nothing for a second after something waited too long', () => {
    const { lane, run } = setup(2);
    run(20);

    lane.pause(0);

    expect([lane.ahead(999), lane.ahead(1_000)]).toEqual([0, 50]);
  });

  it('what a multiplier says, and fairly nothing', () => {
    expect(setup(2, { prefetchMultiplier: 4 }).lane.ahead(0)).toBe(6);
    expect(setup(2, { prefetchMultiplier: 0 }).lane.ahead(0)).toBe(Infinity);
    expect(setup(2, { optimization: 'fair' }).lane.ahead(0)).toBe(0);
  });

  it('no more than it has room for', () => {
    const { lane } = setup(2);

    const hadRoom = [0, 1, 2, 3, 4].map((inHand) => {
      lane.inHand = inHand;
      return lane.hasRoom(0);
    });

    expect(hadRoom).toEqual([true, true, true, true, false]);
  });
});

describe('a message that finds no room comes back', () => {
  const returns = (lane: Lane, count: number): number[] => Array.from({ length: count }, () => lane.nextReturn(0, 0));

  it('after a quarter of a second, where tasks are slow', () => {
    const { lane, run } = setup(2);
    run(1_000);

    expect(returns(lane, 1)).toEqual([250]);
  });

  it('before what waits in the pool is used up, where they are short', () => {
    const { lane, run } = setup(2);
    run(0.1);

    expect(returns(lane, 1)[0]).toBeLessThan(50);
  });

  it('one after the other, twice as fast as the pool runs them', () => {
    const { lane, run } = setup(2);
    run(20); // 100 a second

    const dues = returns(lane, 1_000);

    expect(dues.at(-1)).toBe(5_250);
    expect(new Set(dues).size).toBe(101); // in groups
  });

  it('within half a minute, however many there are', () => {
    const { lane, run } = setup(1);
    run(60_000);

    expect(returns(lane, 10_000).at(-1)).toBe(30_000);
  });
});
