import { describe, expect, it } from 'vitest';
import { LeaseBeat } from '../../../../lib/brokers/redis/lease-beat.js';
import { RedisKeys } from '../../../../lib/brokers/redis/redis-keys.js';
import type { RedisLink } from '../../../../lib/connections/index.js';
import { systemClock, type Clock } from '../../../../lib/time/index.js';

/** A beat whose timer fires when it is told to, at a server that answers as it is told to. */
async function setup(startMs = 0) {
  const world = { nowMs: startMs, status: 'ready', isAnswering: true, isBroken: false, lost: 0, beats: 0 };
  let due: { readonly atMs: number; readonly run: () => void } | undefined;
  const clock: Clock = {
    ...systemClock,
    now: () => world.nowMs,
    monotonic: () => world.nowMs,
    setTimer: (run, delayMs) => {
      due = { atMs: world.nowMs + delayMs, run };
      return { cancel: () => (due = undefined) };
    },
  } as Clock;
  const run = async (): Promise<unknown> => {
    world.beats += 1;
    if (world.isBroken) throw new Error('broken');
    return world.isAnswering ? ['OK', '1', 0, 'me', '11', '', [], []] : new Promise(() => undefined);
  };
  const link = {
    get status() {
      return world.status;
    },
    run,
  } as unknown as RedisLink;
  const beat = new LeaseBeat({
    link,
    keys: new RedisKeys(''),
    owner: 'me',
    leaseMs: 10_000,
    periodMs: 2_500,
    about: () => [],
    clock,
    onNews: () => undefined,
    onLost: () => (world.lost += 1),
  });
  await beat.join();
  return {
    world,
    /** Lets the timer fire, in time or so much later. */
    tick: async (lateMs = 0) => {
      if (due === undefined) return;
      const { atMs, run: fire } = due;
      due = undefined;
      world.nowMs = atMs + lateMs;
      fire();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('the beat of a lease', () => {
  it('is given up before others may take what is held, when nobody answers', async () => {
    const { world, tick } = await setup();
    world.isAnswering = false;

    while (world.lost === 0 && world.nowMs < 20_000) await tick();

    expect(world.nowMs).toBeGreaterThan(7_500);
    expect(world.nowMs).toBeLessThan(8_500);
  });

  it('wakes an idle process together with what else looks after something now and then', async () => {
    const { world, tick } = await setup(1_700);
    const beatenAtMs: number[] = [];

    for (let beats = 0; beats < 3; beats += 1) {
      await tick(3); // a timer is late by some milliseconds
      beatenAtMs.push(world.nowMs);
    }

    expect(beatenAtMs).toEqual([5_003, 7_503, 10_003]);
  });

  it('is given up as early when there is no connection', async () => {
    const { world, tick } = await setup();
    world.status = 'connecting';

    while (world.lost === 0 && world.nowMs < 20_000) await tick();

    expect(world.nowMs).toBeLessThan(8_500);
  });

  it('beats again at once when its connection is back', async () => {
    const { world, tick } = await setup();
    world.isBroken = true;
    await tick();
    world.isBroken = false;
    world.status = 'connecting';
    await tick();
    world.status = 'ready';

    await tick();

    expect(world.beats).toBe(3);
    expect(world.nowMs).toBeLessThan(3_500);
  });

  it('beats at once when a connection is back that was away when it should have', async () => {
    const { world, tick } = await setup();
    world.status = 'connecting';
    await tick();
    world.status = 'ready';

    await tick();

    expect(world.beats).toBe(2);
    expect(world.nowMs).toBeLessThan(3_000);
  });

  it('asks first when the event loop was busy for longer than a lease', async () => {
    const { world, tick } = await setup();

    await tick(14_000);
    await tick();
    await tick();

    expect(world.lost).toBe(0);
    expect(world.beats).toBe(4);
  });

  it('asks anew when a beat was under way while the event loop was busy', async () => {
    const { world, tick } = await setup();
    world.isAnswering = false;
    await tick();
    world.isAnswering = true;

    await tick(14_000);
    await tick();

    expect(world.lost).toBe(0);
  });

  it('gives up when nobody answers after the event loop was busy', async () => {
    const { world, tick } = await setup();
    world.isAnswering = false;

    await tick(14_000);
    await tick();

    expect(world.lost).toBe(1);
  });
});
