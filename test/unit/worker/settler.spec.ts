import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Delivery, Settlement } from '../../../lib/brokers/index.js';
import { Settler } from '../../../lib/worker/settler.js';
import { openStores, success, takeAll } from './worker-rig.js';

async function setup({ separate = false, resultStoreTimeoutMs = 1_000, count = 1 } = {}) {
  const stores = await openStores(separate);
  const { broker, backend, clock, log, publish } = stores;
  onTestFinished(async () => {
    await broker.close();
    await backend.close();
  });
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await publish());
  const consumer = await broker.consume({ queues: ['celery'], node: 'n' });
  const deliveries = await takeAll(consumer, count);
  const settle = vi.spyOn(consumer, 'settle');
  const settler = new Settler({ consumer, backend, isJoint: !separate, resultStoreTimeoutMs, clock, log });
  const stateOf = async (id: string): Promise<string | undefined> => (await backend.fetch([id]))[0]?.status;
  return { ...stores, ids, consumer, deliveries: deliveries as [Delivery, ...Delivery[]], settle, settler, stateOf };
}

const ack = (delivery: Delivery): Settlement => ({ delivery, as: 'ack' });

describe('Settler', () => {
  it('settles what ends in one turn in one step', async () => {
    const { settler, settle, deliveries, stats } = await setup({ count: 3 });

    const counted = await Promise.all(deliveries.map((delivery) => settler.settle(ack(delivery))));

    expect(counted).toEqual([true, true, true]);
    expect(settle).toHaveBeenCalledTimes(1);
    expect(await stats()).toMatchObject({ held: 0, waiting: 0 });
  });

  it('gathers the next batch while one is under way', async () => {
    const { settler, settle, deliveries, consumer } = await setup({ count: 3 });
    const real = Object.getPrototypeOf(consumer).settle.bind(consumer) as typeof consumer.settle;
    const later: Promise<boolean>[] = [];
    settle.mockImplementationOnce(async (batch) => {
      for (const delivery of deliveries.slice(1)) later.push(settler.settle(ack(delivery)));
      return real(batch);
    });

    await settler.settle(ack(deliveries[0]));
    await Promise.all(later);

    expect(settle.mock.calls.map(([batch]) => batch.length)).toEqual([1, 2]);
  });

  it('stores a result in the same step where the store is the same', async () => {
    const { settler, settle, backend, deliveries, ids, stateOf } = await setup();
    const storeResults = vi.spyOn(backend, 'storeResults');

    await settler.settle(ack(deliveries[0]), [success(ids[0]!)]);

    expect(settle.mock.calls[0]?.[0][0]?.results).toHaveLength(1);
    expect(storeResults).not.toHaveBeenCalled();
    expect(await stateOf(ids[0]!)).toBe('SUCCESS');
  });

  it('stores a result before it acknowledges where the store is another', async () => {
    const { settler, settle, backend, deliveries, ids } = await setup({ separate: true });
    const storeResults = vi.spyOn(backend, 'storeResults');

    await settler.settle(ack(deliveries[0]), [success(ids[0]!)]);

    expect(storeResults.mock.invocationCallOrder[0]).toBeLessThan(settle.mock.invocationCallOrder[0] ?? 0);
  });

  it.each([true, false])(
    'does nothing for what is no longer ours, and says so (store of its own: %s)',
    async (separate) => {
      const { settler, consumer, deliveries, ids, stateOf } = await setup({ separate });
      await consumer.settle([{ delivery: deliveries[0], as: 'release' }]);

      const counted = await settler.settle(ack(deliveries[0]), [success(ids[0]!)]);

      expect([counted, await stateOf(ids[0]!)]).toEqual([false, undefined]);
    },
  );

  it('tries for ever to settle, less and less often', async () => {
    const { settler, settle, clock, deliveries, logged } = await setup();
    for (let i = 0; i < 12; i++) settle.mockRejectedValueOnce(new Error('the disk is full'));

    const settled = settler.settle(ack(deliveries[0]));
    await clock.advance('1m');

    expect(await settled).toBe(true);
    expect(logged.filter((line) => line.startsWith('warn Could not settle messages, trying again in'))).toHaveLength(
      12,
    );
    expect(logged.at(-1)).toContain('in 5000 ms: the disk is full');
  });

  it('gives a message back whose result cannot be stored in time, and settles the others', async () => {
    const { settler, backend, clock, deliveries, ids, stats, logged } = await setup({ separate: true, count: 2 });
    vi.spyOn(backend, 'storeResults').mockRejectedValue(new Error('down'));

    const both = [settler.settle(ack(deliveries[0]), [success(ids[0]!)]), settler.settle(ack(deliveries[1]!))];
    await clock.advance('2s');

    expect(await Promise.all(both)).toEqual([true, true]);
    expect(await stats()).toMatchObject({ held: 0, waiting: 1 });
    expect(logged.at(-1)).toBe('error Could not store results, giving up: down');
  });

  it('leaves what it cannot settle once it is abandoned', async () => {
    const { settler, settle, clock, deliveries } = await setup();
    settle.mockRejectedValue(new Error('down'));

    const settled = settler.settle(ack(deliveries[0]));
    await clock.advance('1s');
    settler.abandon();
    await clock.advance('5s');

    expect(await settled).toBe(false);
    await settler.flush();
  });

  it('of a worker that ends, gives up after the grace, tries once more, and says what is left', async () => {
    const { settler, settle, clock, deliveries, ids, logged } = await setup({ count: 2 });
    settle.mockRejectedValue(new Error('read only'));

    const first = settler.settle(ack(deliveries[0]));
    await clock.advance('1m');
    settler.endWithin(10_000);
    await clock.advance(9_999);
    const before = settle.mock.calls.length;
    const second = settler.settle(ack(deliveries[1]!));
    await clock.advance(1);

    expect(await Promise.all([first, second])).toEqual([false, false]);
    expect(settle.mock.calls.length).toBe(before + 2);
    for (const id of ids) {
      expect(logged).toContain(
        `error The worker ends with 1 message unsettled: a[${id}]. Others get what it held when its lease ends, and run it again.`,
      );
    }
    await settler.flush();
  });

  it('of a worker that ends, does not wait for an answer that never comes', async () => {
    const { settler, settle, clock, deliveries, ids, logged } = await setup();
    settle.mockReturnValue(new Promise(() => undefined));

    settler.endWithin(10_000);
    const settled = settler.settle(ack(deliveries[0]));
    await clock.advance(13_000);

    expect(await settled).toBe(false);
    expect(logged.at(-1)).toContain(`with 1 message unsettled: a[${ids[0]}].`);
    expect(await settler.settle(ack(deliveries[0]))).toBe(false);
    await settler.flush();
  });

  it('of a worker that ends, settles what takes its time elsewhere within the grace', async () => {
    const { settler, settle, clock, deliveries } = await setup();
    settle.mockRejectedValueOnce(new Error('busy')).mockRejectedValueOnce(new Error('busy'));

    settler.endWithin(10_000);
    const settled = settler.settle(ack(deliveries[0]));
    await clock.advance('1m');

    expect(await settled).toBe(true);
  });

  it('publishes what follows an early one, then stores its states, each for a limited time', async () => {
    const { settler, backend, clock, ids, logged } = await setup();
    const storeResults = vi.spyOn(backend, 'storeResults').mockRejectedValue(new Error('down'));
    const publish = vi.fn(async () => undefined).mockRejectedValueOnce(new Error('away'));

    const settled = settler.settleEarly([success(ids[0]!)], publish);
    await clock.advance('5s');
    await settled;

    expect(publish).toHaveBeenCalledTimes(2);
    expect(storeResults.mock.calls.length).toBeGreaterThan(3);
    expect(logged.at(-1)).toBe('error Could not store results, giving up: down');
  });
});
