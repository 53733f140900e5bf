import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Consumer, Delivery } from '../../../lib/brokers/index.js';
import { LeaseLostError } from '../../../lib/errors/index.js';
import { done, setupWorker, success, traits, type WorkerRigOptions } from './worker-rig.js';

/** A running worker, and the consumers it has had. */
async function running(options?: WorkerRigOptions) {
  const rig = await setupWorker(options);
  const consumers: (Consumer & { cutOff?: boolean })[] = [];
  const deliveries: Delivery[] = [];
  let tellLost: ((lost: readonly Delivery[]) => void) | undefined;
  const consume = rig.broker.consume.bind(rig.broker);
  vi.spyOn(rig.broker, 'consume').mockImplementation(async (given) => {
    const consumer: (typeof consumers)[number] = await consume(given);
    consumer.onLost = (listener) => (tellLost = listener);
    const take = consumer.take.bind(consumer);
    consumer.take = async (max, signal) => {
      const taken = await take(max, signal);
      deliveries.push(...taken);
      if (consumer.cutOff) throw new LeaseLostError(consumer.owner, rig.broker.store);
      return taken;
    };
    consumers.push(consumer);
    return consumer;
  });
  await rig.worker.start();
  onTestFinished(async () => {
    for (const { end } of rig.pool.given) end(done('success'));
    const stopped = rig.worker.stop('cold');
    await rig.clock.advance('1m');
    await stopped;
    await rig.broker.close();
    await rig.backend.close();
  });
  /** What it holds goes back to the queue, as when another worker finds its lease lapsed; its next take says so. */
  const cutOff = async (): Promise<void> => {
    const consumer = consumers.at(-1);
    if (consumer === undefined) throw new Error('It does not consume.');
    consumer.cutOff = true;
    await consumer.close();
  };
  return { ...rig, consumers, cutOff, deliveries, tellLost: (lost: readonly Delivery[]) => tellLost?.(lost) };
}

describe('a worker that is cut off', () => {
  it('takes from the queues that it had last', async () => {
    const { worker, pool, publish, settled, cutOff, clock } = await running();
    await worker.controls.addQueue('other');
    await worker.controls.removeQueue('celery');

    await cutOff();
    await settled();
    await publish();
    const other = await publish({ queue: 'other' });
    await clock.advance(100);

    expect(pool.given.map(({ id }) => id)).toEqual([other]);
  });

  it('stops what runs with that reason, drops its outcome, and consumes anew', async () => {
    const { pool, publish, settled, cutOff, clock, consumers, stateOf, stats, logged } = await running();
    const id = await publish();
    await settled();
    pool.given[0]?.begin();
    await settled();

    await cutOff();
    await settled();
    const reason = pool.given[0]?.options.cancellation?.reason;
    pool.given[0]?.end(done('success', { records: [success(id)] }));
    await clock.advance(100);

    expect(reason).toMatchObject({ code: 'TQ_LEASE_LOST' });
    expect(await stateOf(id)).toBeUndefined();
    expect(consumers).toHaveLength(2);
    expect(pool.given.map((given) => given.id)).toEqual([id, id]);
    expect(await stats()).toMatchObject({ held: 1, waiting: 0 });
    expect(logged).toContainEqual(
      expect.stringMatching(/^error Lost its hold on the queues, with 1 tasks; consuming anew in 100 ms: Consumer/),
    );
  });

  it('lets what was acknowledged early go on, as nobody else can run it', async () => {
    const { pool, publish, settled, cutOff, stateOf } = await running({ tasks: [traits({ acksLate: false })] });
    const id = await publish();
    await settled();
    pool.given[0]?.begin();

    await cutOff();
    await settled();
    pool.given[0]?.end(done('success', { records: [success(id)] }));
    await settled();

    expect(pool.given[0]?.options.cancellation?.isRequested).toBe(false);
    expect(await stateOf(id)).toBe('SUCCESS');
  });

  it('consumes anew less and less often while that fails, and starts where it is left when it stops', async () => {
    const { broker, cutOff, clock, consumers, publish, pool, worker } = await running();
    vi.mocked(broker.consume).mockRejectedValueOnce(new Error('away')).mockRejectedValueOnce(new Error('away'));

    await cutOff();
    await clock.advance(100 + 200 + 399);
    const early = consumers.length;
    await clock.advance(1);
    await publish();
    await clock.settle();

    expect([early, consumers.length, pool.given.length]).toEqual([1, 2, 1]);
    const stopped = worker.stop('warm');
    await clock.advance('1m');
    await stopped;
  });

  it('does not spin on a consumer that has closed by itself', async () => {
    const { consumers, clock, settled, publish, pool, logged } = await running();
    const take = vi.spyOn(consumers[0] as Consumer, 'take');

    await consumers[0]?.close();
    await settled();
    await clock.advance(100);
    await publish();
    await settled();

    expect(take.mock.calls.length).toBeLessThanOrEqual(1);
    expect([consumers.length, pool.given.length]).toEqual([2, 1]);
    expect(logged.filter((line) => line.includes('Lost its hold'))).toHaveLength(1);
  });
});

describe('a worker of whose deliveries one is lost', () => {
  it('stops that one, and goes on with the others', async () => {
    const { pool, publish, settled, consumers, logged, deliveries, tellLost } = await running();
    await publish();
    await publish();
    await settled();
    for (const given of pool.given) given.begin();

    tellLost(deliveries.slice(0, 1));
    await settled();

    expect(pool.given.map(({ options }) => options.cancellation?.isRequested)).toEqual([true, false]);
    expect(pool.given[0]?.options.cancellation?.reason).toMatchObject({ code: 'TQ_LEASE_LOST' });
    expect(logged).toContainEqual(expect.stringMatching(/is another worker's now; its signal is aborted/));
    expect(consumers).toHaveLength(1);
  });
});
