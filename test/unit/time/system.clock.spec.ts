import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../lib/time/index.js';

const DAY = 86_400_000;

describe('systemClock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('follows the machine, also when its clock is set', () => {
    const before = systemClock.monotonic();
    vi.setSystemTime(Date.UTC(2030, 0, 1));

    expect(systemClock.now()).toBe(Date.UTC(2030, 0, 1));
    expect(systemClock.monotonic()).toBe(before);
  });

  it('fires once, when the delay is over', () => {
    const callback = vi.fn();
    systemClock.setTimer(callback, 1_000);

    vi.advanceTimersByTime(999);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(DAY);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('keeps a delay beyond what Node can hold', () => {
    const callback = vi.fn();
    systemClock.setTimer(callback, 60 * DAY);

    vi.advanceTimersByTime(60 * DAY - 1);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('never fires after an endless delay', () => {
    const callback = vi.fn();
    const timer = systemClock.setTimer(callback, Infinity);

    vi.advanceTimersByTime(100 * DAY);
    timer.cancel();

    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([[-5], [NaN], [0]])('fires in the next turn for a delay of %d', (delay) => {
    const callback = vi.fn();
    systemClock.setTimer(callback, delay);
    expect(callback).not.toHaveBeenCalled();

    vi.advanceTimersByTime(1);

    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('does not fire once cancelled, also in a later part of a long delay', () => {
    const callback = vi.fn();
    const timer = systemClock.setTimer(callback, 60 * DAY);
    vi.advanceTimersByTime(40 * DAY);

    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(40 * DAY);

    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('systemClock and the life of the process', () => {
  const timersHeld = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

  it('keeps the process alive for a timer, unless told not to', () => {
    const before = timersHeld();
    const held = systemClock.setTimer(() => undefined, 60_000);
    const free = systemClock.setTimer(() => undefined, 60_000, { ref: false });

    const added = timersHeld() - before;
    held.cancel();
    free.cancel();

    expect(added).toBe(1);
  });
});
