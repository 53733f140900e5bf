import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../lib/time/index.js';
import { LookAhead } from '../../../lib/worker/look-ahead.js';

function setup(slots = 2) {
  const clock = new VirtualClock();
  const lookAhead = new LookAhead(() => slots, clock);
  const run = (queue: string, times: number, ms: number): void => {
    for (let i = 0; i < times; i++) lookAhead.recordRun(queue, ms);
  };
  return { clock, lookAhead, run };
}

describe('LookAhead', () => {
  it('is none before eight tasks were seen', () => {
    const { lookAhead, run } = setup();

    run('q', 7, 0.1);

    expect(lookAhead.current()).toBe(0);
  });

  it('follows the number of slots', () => {
    let slots = 2;
    const lookAhead = new LookAhead(() => slots, new VirtualClock());
    for (let i = 0; i < 8; i++) lookAhead.recordRun('q', 10);

    slots = 4;

    expect(lookAhead.current()).toBe(20);
  });

  it('is what is expected to start within 50 ms', () => {
    const { lookAhead, run } = setup(2);

    run('q', 8, 10);

    expect(lookAhead.current()).toBe(10);
  });

  it('is 64 at the most', () => {
    const { lookAhead, run } = setup();

    run('q', 100, 0.001);

    expect(lookAhead.current()).toBe(64);
  });

  it('is none for tasks of seconds', () => {
    const { lookAhead, run } = setup();

    run('q', 20, 2_000);

    expect(lookAhead.current()).toBe(0);
  });

  it('is that of the slowest queue', () => {
    const { lookAhead, run } = setup(1);

    run('fast', 20, 0.1);
    run('slow', 20, 25);

    expect(lookAhead.current()).toBe(2);
  });

  it('is none for ten seconds after a pause', async () => {
    const { clock, lookAhead, run } = setup(1);
    run('q', 20, 10);

    lookAhead.pause('q');
    const paused = lookAhead.current();
    await clock.advance(10_001);

    expect([paused, lookAhead.current()]).toEqual([0, 5]);
  });
});
