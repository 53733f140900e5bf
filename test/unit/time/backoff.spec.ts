import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../lib/time/index.js';

describe('backoffMs', () => {
  const plain = { factor: 1, maxMs: 600_000, retries: 0, jitter: false };

  it.each([
    [1, 0, 1],
    [1, 1, 2],
    [1, 5, 32],
    [1, 9, 512],
    [1, 10, 600],
    [5, 3, 40],
    [2.9, 2, 8],
    [0.5, 2, 4],
    [0, 0, 1],
  ])('waits with factor %d before retry %d for %d s', (factor, retries, seconds) => {
    expect(backoffMs({ ...plain, factor, retries })).toBe(seconds * 1_000);
  });

  it('stays at the cap however many retries there were', () => {
    expect(backoffMs({ ...plain, retries: 5_000 })).toBe(600_000);
  });

  it('stays within a hundred years without a cap', () => {
    const century = 100 * 365 * 86_400_000;

    expect(backoffMs({ ...plain, maxMs: Infinity, retries: 5_000 })).toBe(century);
  });

  it.each([
    [0, 0],
    [0.5, 4_000],
    [0.999999, 8_000],
    [1, 8_000],
  ])('draws with jitter at random %d a delay of %d ms out of 0 to 8 s', (random, ms) => {
    expect(backoffMs({ ...plain, retries: 3, jitter: true, random: () => random })).toBe(ms);
  });

  it('draws whole seconds from 0 to the delay, both reached', () => {
    const sources = Array.from({ length: 500 }, (_, index) => () => index / 500);

    const drawn = new Set(sources.map((random) => backoffMs({ ...plain, retries: 2, jitter: true, random })));

    expect([...drawn]).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  });

  it('draws milliseconds under a cap that is no whole number of seconds', () => {
    expect(backoffMs({ ...plain, maxMs: 500, jitter: true, random: () => 0.5 })).toBe(250);
  });

  it('draws by itself where no source of random numbers is given', () => {
    expect(backoffMs({ ...plain, retries: 3, jitter: true })).toBeLessThanOrEqual(8_000);
  });
});
