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

  it('after a tenth of a second, where tasks are slow', () => {
    const { lane, run } = setup(2);
    run(1_000);

    expect(returns(lane, 1)).toEqual([100]);
  });

  it('before what waits in the pool is used up, where they are short', () => {
    const { lane, run } = setup(2);
    run(0.1);

    expect(returns(lane, 1)).toEqual([25]);
  });

  it('one after the other, twice as fast as the pool runs them', () => {
    const { lane, run } = setup(2);
    run(20); // 100 a second

    const dues = returns(lane, 100);

    expect([dues[0], dues.at(-1)]).toEqual([100, 575]);
    expect(new Set(dues).size).toBe(20); // in groups
  });

  it('as soon as may be, when fewer are left', () => {
    const { lane, run } = setup(2);
    run(20);
    returns(lane, 100);

    expect(lane.nextReturn(575, 575)).toBe(675);
  });

  it('within a second, more of them at once, so that slots are not idle for long where tasks have become shorter', () => {
    const { lane, run } = setup(1);
    run(60_000);

    const dues = returns(lane, 1_000);

    expect(Math.max(...dues)).toBe(1_000);
    expect(new Set(dues).size).toBe(37); // some come back all the time
  });

  it('the later the more there are, within half a minute', () => {
    const { lane, run } = setup(1);
    run(60_000);
    const pass = (atMs: number, count: number): number => {
      const dues = Array.from({ length: count }, () => lane.nextReturn(atMs, atMs) - atMs);
      return dues.reduce((most, due) => Math.max(most, due), 0);
    };

    expect([pass(0, 10_000), pass(1_000, 10_000), pass(11_000, 100_000), pass(41_000, 10_000)]).toEqual([
      1_000, 10_000, 10_000, 30_000,
    ]);
    expect(pass(200_000, 1)).toBe(100); // after a while with few
  });

  it('soon, as long as nothing has run yet', () => {
    expect(returns(setup(2).lane, 3)).toEqual([100, 100, 100]);
  });
});
