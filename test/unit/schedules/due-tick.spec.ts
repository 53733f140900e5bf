import { describe, expect, it } from 'vitest';
import { dueTick, every } from '../../../lib/schedules/index.js';

const schedule = every('1h');
const at = (time: string): number => Date.parse(`2026-01-01T${time}:00Z`);

describe('dueTick', () => {
  it('has nothing due before the next tick', () => {
    expect(dueTick(schedule, at('10:00'), at('10:30'))).toEqual({ dueMs: undefined, nextMs: at('11:00') });
  });

  it('has the tick due from its time on', () => {
    expect(dueTick(schedule, at('10:00'), at('11:00'))).toEqual({ dueMs: at('11:00'), nextMs: at('12:00') });
  });

  it('passes over a tick that is later than the deadline', () => {
    const tenMinutes = 600_000;

    expect(dueTick(schedule, at('08:00'), at('11:10'), tenMinutes)).toEqual({
      dueMs: at('11:00'),
      nextMs: at('12:00'),
    });
    expect(dueTick(schedule, at('08:00'), at('11:11'), tenMinutes)).toEqual({ dueMs: undefined, nextMs: at('12:00') });
  });
});
