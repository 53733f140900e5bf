import { describe, expect, it } from 'vitest';
import type { Broker, ConsumeOptions, Consumer } from '../../../lib/brokers/index.js';
import { done, setupWorker, success } from './worker-rig.js';

/** A consumer whose takes hang from some moment on, and come back only when it is closed. */
interface Flawed extends Consumer {
  hangs: boolean;
  /** Looks for messages although they do not come. */
  looks: boolean;
}

async function setup() {
  const rig = await setupWorker();
  const { broker, clock } = rig;
  const consumers: Flawed[] = [];
  const state: { status: Broker['status']; next: Partial<Flawed> } = { status: 'ready', next: {} };
  const consume = broker.consume.bind(broker);
  Object.assign(broker, {
    consume: async (options: ConsumeOptions) => {
      const consumer = (await consume(options)) as Flawed;
      const [take, close] = [consumer.take.bind(consumer), consumer.close.bind(consumer)];
      let unhang: () => void = () => undefined;
      let polledMs = -Infinity;
      Object.assign(consumer, { hangs: false, looks: true }, state.next, {
        polledAtMs: () => (consumer.looks ? clock.monotonic() : polledMs),
        take: async (max: number, signal: AbortSignal) => {
          if (consumer.looks) polledMs = clock.monotonic();
          if (consumer.hangs) await new Promise<void>((resolve) => (unhang = resolve));
          return take(max, signal);
        },
        close: async () => {
          unhang();
          await close();
        },
      });
      consumers.push(consumer);
      return consumer;
    },
  });
  Object.defineProperty(broker, 'status', { get: () => state.status });
  const end = async (): Promise<void> => {
    const stopped = rig.worker.stop('cold');
    await clock.advance('2m');
    await stopped;
  };
  return { ...rig, consumers, state, end };
}

describe('a worker whose consumer stops looking for messages', () => {
  it('consumes anew, and settles what it runs where that is held', async () => {
    const { worker, publish, pool, consumers, clock, settled, stateOf, logged, stats, state } = await setup();
    state.next = { hangs: false };
    await worker.start();
    const [first] = consumers;
    const running = await publish();
    await settled();
    pool.given[0]?.begin();
    Object.assign(first as Flawed, { hangs: true, looks: false });
    await clock.advance(1_000); // the take that is under way is a sound one
    await publish();
    await settled();
    const taken = pool.given.length;
    await publish();
    await clock.advance(16_000);
    await clock.advance(16_000);

    expect(logged).toEqual([
      expect.stringMatching(/^warn Consumer ".+" of ".+" has not looked for messages for 1\d s/),
    ]);
    expect(consumers).toHaveLength(2);
    expect(pool.given.length).toBeGreaterThan(taken);
    pool.given[0]?.end(done('success', { records: [success(running)] }));
    await settled();
    expect(await stateOf(running)).toBe('SUCCESS');
    for (const { begin, end, id } of pool.given.slice(1)) {
      begin();
      end(done('success', { records: [success(id)] }));
    }
    await settled();
    await worker.stop('warm');
    expect(await stats()).toMatchObject({ waiting: 0, held: 0 });
  });

  it('is hopeless when a new consumer changes nothing', async () => {
    const { worker, clock, consumers, state, end } = await setup();
    state.next = { hangs: true, looks: false };
    await worker.start();
    const states: string[] = [];
    for (let s = 0; s < 60; s += 5) {
      await clock.advance(5_000);
      const { state: now, isHopeless } = worker.progress;
      states.push(isHopeless ? `${now}, hopeless` : now);
    }

    expect([...new Set(states)]).toEqual(['consuming', 'stalled, hopeless']);
    expect(consumers.length).toBeGreaterThan(1);
    await end();
  });

  it('is left alone while its broker is away, and while it finds nothing', async () => {
    const { worker, clock, consumers, state, logged, end } = await setup();
    state.next = { hangs: true };
    await worker.start();
    await clock.advance(120_000);
    const idle = worker.progress;
    Object.assign(consumers[0] as Flawed, { looks: false });
    state.status = 'connecting';
    await clock.advance(120_000);

    expect(idle).toEqual({ state: 'consuming', silentMs: 0, isHopeless: false });
    expect(worker.progress).toMatchObject({ state: 'unreachable', isHopeless: false });
    expect(consumers).toHaveLength(1);
    expect(logged).toEqual([]);
    state.status = 'ready';
    await end();
  });
});

it('a worker with no free slot is busy, however long', async () => {
  const { worker, publish, pool, clock, settled, consumers } = await setup();
  await worker.start();
  for (let n = 0; n < 20; n++) await publish();
  await settled();
  for (const { begin } of pool.given) begin();
  await clock.advance(600_000);

  expect(worker.progress).toMatchObject({ state: 'busy', silentMs: 0 });
  expect(consumers).toHaveLength(1);
  await worker.stop('cold');
});
