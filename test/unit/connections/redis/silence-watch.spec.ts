import { describe, expect, it } from 'vitest';
import { SilenceWatch } from '../../../../lib/connections/redis/silence-watch.js';
import { VirtualClock } from '../../../../lib/time/index.js';

function setup(blocksMs = 0) {
  const clock = new VirtualClock();
  const world = { bytes: 0, silences: 0 };
  const watch = new SilenceWatch({
    clock,
    blocksMs,
    bytesRead: () => world.bytes,
    onSilence: () => (world.silences += 1),
  });
  return { clock, world, watch };
}

describe('the watch over a connection from which replies are due', () => {
  it('tells of silence after three seconds', async () => {
    const { clock, world, watch } = setup();
    watch.expect(['get', 'x']);

    await clock.advance(2_900);
    expect(world.silences).toBe(0);
    await clock.advance(200);
    expect(world.silences).toBe(1);
  });

  it('is content with any byte, with a reply, and with nothing due', async () => {
    const { clock, world, watch } = setup();
    const arrived = watch.expect(['get', 'x']);
    for (let second = 0; second < 10; second += 1) {
      world.bytes += 1;
      await clock.advance(1_000);
    }
    arrived();
    await clock.advance(10_000);

    expect(world.silences).toBe(0);
  });

  it('gives a command that waits at the server, and one of many megabytes, their time', async () => {
    const [blocking, large] = [setup(5_000), setup()];
    blocking.watch.expect(['blmove']);
    large.watch.expect(['evalsha', 'x'.repeat(2 * 1024 * 1024)]);

    await blocking.clock.advance(7_900);
    await large.clock.advance(10_000);
    expect([blocking.world.silences, large.world.silences]).toEqual([0, 0]);
    await blocking.clock.advance(200);
    await large.clock.advance(1_100);
    expect([blocking.world.silences, large.world.silences]).toEqual([1, 1]);
  });
});
