import { describe, expect, it } from 'vitest';
import { untilTick, VirtualClock } from '../../../lib/time/index.js';

describe('untilTick', () => {
  it.each([
    [0, 1_000],
    [300, 700],
    [500, 500],
    [501, 1_499],
    [999.5, 1_000.5],
    [61_000, 1_000],
  ])('lets those that look every second look together, at %d ms in %d ms', async (nowMs, delayMs) => {
    const clock = new VirtualClock();
    await clock.advance(nowMs);

    expect(untilTick(clock, 1_000)).toBe(delayMs);
  });
});
