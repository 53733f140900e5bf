import { describe, expect, it } from 'vitest';
import { guard } from '../../../lib/bootstrap/stall-guard/guard-rules.js';
import type { GuardedBody } from '../../../lib/bootstrap/stall-guard/guard-messages.js';

const limits = { stallWarningMs: 30_000, stallTimeoutMs: 60_000 };
const body: GuardedBody = { tag: 't', task: 'a', id: '1', startedAtMs: 0, timeLimitMs: 5_000, results: [] };

describe('guard', () => {
  it('leaves a loop alone that gives signs', () => {
    expect(guard(100_000, 99_500, [], limits, false)).toEqual({ as: 'none' });
  });

  it('leaves a body within its limit alone, however silent the loop is', () => {
    expect(guard(5_500, 0, [body], limits, false)).toEqual({ as: 'none' });
  });

  it('ends a body that blocks the loop beyond its limit and a second of grace', () => {
    expect(guard(6_001, 100, [body], limits, false)).toEqual({ as: 'end-body', body });
  });

  it('leaves a body beyond its limit to the pool while the loop runs', () => {
    expect(guard(7_000, 6_500, [body], limits, false)).toEqual({ as: 'none' });
  });

  it('warns once of a silent loop', () => {
    expect(guard(30_001, 0, [], limits, false)).toEqual({ as: 'warn', silentMs: 30_001 });
    expect(guard(31_001, 0, [], limits, true)).toEqual({ as: 'none' });
  });

  it('fences a worker that is silent beyond the stall timeout', () => {
    expect(guard(60_001, 0, [], limits, true)).toEqual({ as: 'fence', silentMs: 60_001 });
  });

  it('never fences without a stall timeout', () => {
    expect(guard(9e9, 0, [], { ...limits, stallTimeoutMs: undefined }, true)).toEqual({ as: 'none' });
  });
});
