import { describe, expect, it } from 'vitest';
import type { ChildStall } from '../../../lib/pools/index.js';
import { openScripted } from './scripted-children.js';

const AFTER_MS = 1_000;

async function setup() {
  const told: ChildStall[] = [];
  const scripted = await openScripted({
    lookAhead: 1,
    stalls: { afterMs: () => AFTER_MS, onStalled: (stall) => told.push(stall) },
  });
  return { ...scripted, told };
}

describe('StallWatch', () => {
  it('tells once of a child that gives no sign of life while a body runs in it, and of which', async () => {
    const { pool, child, clock, told } = await setup();
    void pool.run('runs');
    void pool.run('waits');
    child(1).isStuck = true;
    child(1).begin();

    await clock.advance(5 * AFTER_MS);

    expect(told).toEqual([
      { child: 'prefork child 0 (pid 1)', silentMs: expect.any(Number) as number, jobs: ['runs'] },
    ]);
    expect(told[0]?.silentMs).toBeGreaterThanOrEqual(AFTER_MS);
    expect(told[0]?.silentMs).toBeLessThan(2 * AFTER_MS);
  });

  it('tells nothing of a body that takes long while its event loop turns', async () => {
    const { pool, child, clock, told } = await setup();
    void pool.run('waits for others');
    child(1).begin();

    await clock.advance(10 * AFTER_MS);

    expect(told).toEqual([]);
  });

  it('tells of the next stall of a child that has come back', async () => {
    const { pool, child, clock, told } = await setup();
    void pool.run('job');
    child(1).begin();
    child(1).isStuck = true;
    await clock.advance(2 * AFTER_MS);
    child(1).isStuck = false;
    child(1).giveSign();

    child(1).isStuck = true;
    await clock.advance(3 * AFTER_MS);

    expect(told).toHaveLength(2);
  });

  it('does nothing while nothing runs', async () => {
    const { runIn, clock, child } = await setup();
    await runIn(1);
    await clock.advance(AFTER_MS);
    child(1).isStuck = true;

    await clock.advance(10 * AFTER_MS);

    expect(clock.pendingTimers).toBe(0);
  });
});
