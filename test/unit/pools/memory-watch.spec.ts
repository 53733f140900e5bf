import { describe, expect, it } from 'vitest';

import { MemoryWatch } from '../../../lib/pools/child/memory-watch.js';
import { VirtualClock } from '../../../lib/time/index.js';

function setup() {
  const clock = new VirtualClock();
  const taken = { bytes: 10, looks: 0 };
  const measure = (): number => {
    taken.looks++;
    return taken.bytes;
  };
  return { clock, taken, watch: new MemoryWatch(100, measure, clock) };
}

describe('MemoryWatch', () => {
  it('looks every 50 ms while its child is busy', async () => {
    const { clock, taken, watch } = setup();

    for (let i = 0; i < 100; i++) {
      watch.look(false);
      await clock.advance(1);
    }

    expect(taken.looks).toBe(2);
  });

  it('looks whenever its child falls idle', () => {
    const { taken, watch } = setup();
    watch.look(false);
    taken.bytes = 101;

    expect([watch.look(false), watch.look(true)]).toEqual([undefined, 101]);
  });

  it('tells once', () => {
    const { taken, watch } = setup();
    taken.bytes = 101;

    expect([watch.look(true), watch.look(true)]).toEqual([101, undefined]);
  });

  it('refuses a limit that is passed before the first job', () => {
    const { taken, watch } = setup();
    taken.bytes = 100;
    watch.checkAtBoot();
    taken.bytes = 101;

    expect(() => watch.checkAtBoot()).toThrowError(
      expect.objectContaining({ code: 'TQ_CHILD_MEMORY', takenBytes: 101 }),
    );
  });
});
