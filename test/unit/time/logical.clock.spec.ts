import { describe, expect, it } from 'vitest';
import { LogicalClock } from '../../../lib/time/index.js';

describe('LogicalClock', () => {
  it('begins at 0 and steps on by one', () => {
    const clock = new LogicalClock();

    const steps = [clock.value, clock.forward(), clock.forward()];

    expect(steps).toEqual([0, 1, 2]);
  });

  it('passes a later time that it hears of', () => {
    const clock = new LogicalClock();

    expect(clock.adjust(41)).toBe(42);
  });

  it('steps on when it hears of an earlier time', () => {
    const clock = new LogicalClock();
    clock.adjust(9);

    expect(clock.adjust(3)).toBe(11);
  });
});
