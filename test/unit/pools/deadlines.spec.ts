import { describe, expect, it } from 'vitest';

import { Deadlines } from '../../../lib/pools/deadlines.js';
import { VirtualClock } from '../../../lib/time/index.js';

function setup() {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const expired: string[] = [];
  const set = (name: string, limitMs: number) =>
    deadlines.set(limitMs, () => expired.push(`${name}@${clock.monotonic()}`));
  return { clock, deadlines, expired, set };
}

describe('Deadlines', () => {
  it('expires each at its own time', async () => {
    const { clock, expired, set } = setup();
    set('a', 100);
    set('b', 50);
    await clock.advance(30);
    set('c', 100);

    await clock.advance(200);

    expect(expired).toEqual(['b@50', 'a@100', 'c@130']);
  });

  it('keeps quiet for those that were cleared', async () => {
    const { clock, deadlines, expired, set } = setup();
    const first = set('a', 100);
    set('b', 100);
    deadlines.clear(first);

    await clock.advance(100);

    expect(expired).toEqual(['b@100']);
  });

  it('needs one timer for all jobs with the same limit', () => {
    const { clock, deadlines, set } = setup();

    for (let i = 0; i < 1000; i++) deadlines.clear(set('a', 100));

    expect(clock.pendingTimers).toBe(1);
  });

  it('leaves no timer behind when none is left', async () => {
    const { clock, deadlines, set } = setup();
    deadlines.clear(set('a', 100));

    await clock.advance(100);

    expect(clock.pendingTimers).toBe(0);
  });

  it('accepts a new one while the last one expires', async () => {
    const { clock, deadlines, expired, set } = setup();
    deadlines.set(100, () => set('again', 100));

    await clock.advance(300);

    expect(expired).toEqual(['again@200']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('drops all on close', async () => {
    const { clock, deadlines, expired, set } = setup();
    set('a', 100);

    deadlines.close();
    await clock.advance(200);

    expect(expired).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
