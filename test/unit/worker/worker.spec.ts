import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createBroker } from '../../../lib/brokers/index.js';
import { openMemoryStore, releaseMemoryStore } from '../../../lib/connections/index.js';
import { done, setupWorker, success, takeAll, traits, type WorkerRigOptions } from './worker-rig.js';

async function setup(options?: WorkerRigOptions) {
  const rig = await setupWorker(options);
  onTestFinished(async () => {
    for (const { end } of rig.pool.given) end(done('success'));
    const stopped = rig.worker.stop('cold');
    await rig.clock.advance('1m');
    await stopped;
    await rig.broker.close();
    await rig.backend.close();
  });
  return rig;
}

/** A rig whose worker runs, and jobs in its pool. */
async function running(count: number, options?: WorkerRigOptions) {
  const rig = await setup(options);
  await rig.worker.start();
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await rig.publish());
  await rig.settled();
  return { ...rig, ids };
}

/** Gives up to `count` messages back as lost, so that they come as suspects. */
async function loseOnce(store: string, clock: Parameters<typeof createBroker>[2], count: number): Promise<void> {
  const other = createBroker(store, {}, clock);
  await other.connect();
  const consumer = await other.consume({ queues: ['celery'], node: 'other@h' });
  const deliveries = await takeAll(consumer, count);
  await consumer.settle(deliveries.map((delivery) => ({ delivery, as: 'requeue', charge: true })));
  await other.close();
}

describe('a worker takes', () => {
  it('as many as its pool can run, and one more when one has ended', async () => {
    const { pool, ids, stats, settled } = await running(4, { slots: 2 });

    const first = await stats();
    pool.given[0]?.begin();
    pool.given[0]?.end(done('success', { records: [success(ids[0]!)] }));
    await settled();

    expect(first).toMatchObject({ held: 2, waiting: 2 });
    expect(pool.given.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    expect(await stats()).toMatchObject({ held: 2, waiting: 1 });
  });

  it('more at once when its pool has grown, and none while it has more than its pool after shrinking', async () => {
    const { pool, ids, settled, stats } = await running(6, { slots: 2 });

    pool.grow(2);
    await settled();
    const grown = pool.given.length;
    pool.shrink(3);
    for (const job of pool.given.slice(0, 3)) {
      job.begin();
      job.end(done('success'));
    }
    await settled();

    expect([grown, pool.given.length]).toEqual([4, 4]);
    expect(pool.given.map(({ id }) => id)).toEqual(ids.slice(0, 4));
    expect(await stats()).toMatchObject({ held: 1, waiting: 2 });
  });

  it('again when the broker could not give, later and later', async () => {
    const { worker, broker, pool, publish, clock, logged } = await setup();
    const consume = broker.consume.bind(broker);
    let failures = 3;
    vi.spyOn(broker, 'consume').mockImplementation(async (options) => {
      const consumer = await consume(options);
      const take = consumer.take.bind(consumer);
      consumer.take = (max, signal) => (failures-- > 0 ? Promise.reject(new Error('away')) : take(max, signal));
      return consumer;
    });

    await worker.start();
    await publish();
    await clock.advance(100 + 200 + 399);
    const early = pool.given.length;
    await clock.advance(1);

    expect([early, pool.given.length]).toEqual([0, 1]);
    expect(logged.filter((line) => line.startsWith('error Could not take messages, trying again in'))).toHaveLength(3);
  });

  it('from a server, the next ones before it begins what the last take brought', async () => {
    const { worker, pool, publish, stats, settled, broker } = await setup({ slots: 200 });
    const givenAtTake: number[] = [];
    const consume = broker.consume.bind(broker);
    vi.spyOn(broker, 'consume').mockImplementation(async (options) => {
      const consumer = await consume(options);
      const take = consumer.take.bind(consumer);
      const takeAndNote: typeof take = (max, signal) => {
        givenAtTake.push(pool.given.length);
        return take(max, signal);
      };
      return Object.assign(consumer, { isRemote: true, take: takeAndNote });
    });
    for (let i = 0; i < 150; i++) await publish();

    await worker.start();
    await settled();
    const meanwhile = await stats();
    await worker.stop('warm');

    expect(givenAtTake.slice(0, 3)).toEqual([0, 0, 64]); // each while the one before it is not yet handed out
    expect(pool.given).toHaveLength(150);
    expect(meanwhile).toMatchObject({ held: 150, waiting: 0 });
    expect(await stats()).toMatchObject({ held: 0, waiting: 150 });
  });

  it.each([
    ['ahead of', 3_600_000],
    ['behind', -3_600_000],
  ])('what has not expired by the time of day of a store that keeps one, be it %s its own', async (_, aheadMs) => {
    const { worker, broker, pool, publish, settled, clock, stateOf } = await setup({ slots: 5 });
    const storeMs = (): number => clock.now() + aheadMs;
    const consume = broker.consume.bind(broker);
    vi.spyOn(broker, 'consume').mockImplementation(async (options) =>
      Object.assign(await consume(options), { now: storeMs }),
    );
    const fresh = await publish({ expiresMs: storeMs() + 60_000 });
    const expired = await publish({ expiresMs: storeMs() - 60_000 });

    await worker.start();
    await settled();

    expect(pool.given.map(({ id }) => id)).toEqual([fresh]);
    expect(await stateOf(expired)).toBe('REVOKED');
  });

  it('and gives back what has waited a second for a slot, so that others get it', async () => {
    const { pool, ids, stats, clock } = await running(2, { slots: 2 });

    pool.given[0]?.begin(); // the other one stays behind it
    await clock.advance('1s');

    expect(await stats()).toMatchObject({ held: 2, waiting: 0 }); // taken again at once, as nobody else is there
    expect(pool.given.map(({ id }) => id)).toEqual([ids[0], ids[1], ids[1]]);
    expect(pool.given[2]?.job.redelivered).toBe(false);
  });
});

describe('a worker that stops warm', () => {
  it('gives back what has not begun, waits for the rest, and then closes', async () => {
    const { worker, pool, ids, stats, settled, stateOf } = await running(2);
    pool.given[0]?.begin();

    const stopped = worker.stop('warm');
    await settled();
    const meanwhile = await stats();
    pool.given[0]?.end(done('success', { records: [success(ids[0]!)] }));
    await stopped;

    expect(meanwhile).toMatchObject({ held: 1, waiting: 1 });
    expect(await stats()).toMatchObject({ held: 0, waiting: 1 });
    expect([await stateOf(ids[0]!), await stateOf(ids[1]!)]).toEqual(['SUCCESS', undefined]);
    expect(pool.stops).toEqual(['drain']);
  });

  it('lets what was acknowledged early run, as nobody else can', async () => {
    const { worker, pool, ids, stateOf, settled } = await running(1, { tasks: [traits({ acksLate: false })] });

    const stopped = worker.stop('warm');
    await settled();
    pool.given[0]?.begin();
    pool.given[0]?.end(done('success', { records: [success(ids[0]!)] }));
    await stopped;

    expect(await stateOf(ids[0]!)).toBe('SUCCESS');
  });

  it('aborts the signals of what runs after softShutdownTimeout', async () => {
    const { worker, pool, clock, stats } = await running(1, { options: { softShutdownTimeout: '10s' } });
    pool.given[0]?.begin();

    const stopped = worker.stop('warm');
    await clock.advance(9_999);
    const before = pool.given[0]?.options.cancellation?.isRequested;
    await clock.advance(1);
    pool.given[0]?.end(done('rejected', { requeue: true, error: 'asked to stop' }));
    await stopped;

    expect([before, pool.given[0]?.options.cancellation?.isRequested]).toEqual([false, true]);
    expect(await stats()).toMatchObject({ held: 0, waiting: 1 });
  });

  it('gives up after a grace what the broker will not let it settle, and ends all the same', async () => {
    const { worker, pool, broker, clock, logged, publish, settled } = await setup();
    const consume = broker.consume.bind(broker);
    vi.spyOn(broker, 'consume').mockImplementation(async (given) => {
      const consumer = await consume(given);
      const close = consumer.close.bind(consumer);
      consumer.settle = async () => Promise.reject(new Error('read only'));
      consumer.close = async () => close().then(() => Promise.reject(new Error('read only')));
      return consumer;
    });
    await worker.start();
    await publish();
    await settled();
    pool.given[0]?.begin();

    const stopped = worker.stop('warm');
    await clock.advance('1m');
    const whileItRan = logged.some((line) => line.includes('unsettled'));
    pool.given[0]?.end(done('success', { records: [success(pool.given[0].id)] }));
    await clock.advance('10s');
    await stopped;

    expect(whileItRan).toBe(false);
    expect(logged).toContainEqual(
      expect.stringMatching(/^error The worker ends with 1 message unsettled: a\[[-0-9a-f]+\]\./),
    );
    expect(logged).toContainEqual(expect.stringContaining('Could not leave the queues in order: read only'));
    expect(broker.status).toBe('ready');
  });

  it('takes nothing more', async () => {
    const { worker, pool, publish, stats } = await running(0);

    await worker.stop('warm');
    await publish();

    expect(pool.given).toHaveLength(0);
    expect(await stats()).toMatchObject({ waiting: 1, held: 0 });
  });
});

describe('a worker that stops cold', () => {
  it('kills its pool and gives everything back, uncharged', async () => {
    const { worker, pool, broker, stats } = await running(2);
    pool.given[0]?.begin();

    await worker.stop('cold');
    const after = await stats();
    const consumer = await broker.consume({ queues: ['celery'], node: 'n' });
    const deliveries = await takeAll(consumer, 2);

    expect(pool.stops[0]).toBe('kill');
    expect(after).toMatchObject({ held: 0, waiting: 2 });
    expect(deliveries.map(({ losses }) => losses)).toEqual([0, 0]);
  });

  it('ends a warm stop that is under way', async () => {
    const { worker, pool, stats } = await running(1);
    pool.given[0]?.begin();

    const warm = worker.stop('warm');
    await worker.stop('cold');
    await warm;

    expect(await stats()).toMatchObject({ held: 0, waiting: 1 });
  });
});

describe('a suspect', () => {
  async function withSuspects(count: number, options: WorkerRigOptions) {
    const rig = await setup(options);
    for (let i = 0; i < count; i++) await rig.publish();
    await loseOnce(rig.broker.store, { clock: rig.clock }, count);
    await rig.worker.start();
    await rig.settled();
    return rig;
  }

  it('is handed to the pool to be run alone', async () => {
    const { pool } = await withSuspects(1, {});

    expect(pool.given.map(({ options, job }) => [options.isolated, job.redelivered])).toEqual([[true, true]]);
  });

  it('waits for the others where there is one process', async () => {
    const { pool, settled, stats } = await withSuspects(2, { slots: 4, processes: 1 });

    const first = pool.given.length;
    pool.given[0]?.begin();
    pool.given[0]?.end(done('success'));
    await settled();

    expect([first, pool.given.length]).toEqual([1, 2]);
    expect(await stats()).toMatchObject({ held: 1 });
  });

  it('that was lost too often fails without being run', async () => {
    const { pool, stateOf, broker, settled } = await withSuspects(1, { options: { maxDeliveries: 1 } });

    const { id, job, end } = pool.given[0]!;
    end({ as: 'lost', started: true, charged: true, reason: 'even its hooks kill' });
    await settled();

    expect(job.verdict).toMatchObject({ excType: 'WorkerLostError' });
    expect(await stateOf(id)).toBe('FAILURE');
    expect(await broker.deadLetters?.list('celery')).toMatchObject([{ reason: 'delivery_limit', losses: 1 }]);
  });
});

describe('an outcome', () => {
  it('of a time limit is told in seconds', async () => {
    const { pool, ids, backend, settled } = await running(1);

    pool.given[0]?.begin();
    pool.given[0]?.end({ as: 'time-limit', limitMs: 1_500 });
    await settled();
    pool.given[1]?.end({ as: 'lost', started: false, charged: false, reason: 'the pool cannot say what follows' });
    await settled();

    expect(pool.given[1]?.job.verdict).toMatchObject({ excType: 'TimeLimitExceeded', excMessage: [1.5] });
    const [meta] = await backend.fetch(ids);
    expect(meta).toMatchObject({ status: 'FAILURE', result: { exc_type: 'TimeLimitExceeded', exc_message: [1.5] } });
    expect(pool.given).toHaveLength(2);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('of a lost process is charged where the pool says so (%s)', async (charged, losses) => {
    const { worker, pool, broker, settled } = await running(1);

    pool.given[0]?.begin();
    pool.given[0]?.end({ as: 'lost', started: true, charged, reason: 'SIGKILL' });
    await settled();
    await worker.stop('cold');
    const [delivery] = await takeAll(await broker.consume({ queues: ['celery'], node: 'n' }), 1);

    expect(delivery).toMatchObject({ redelivered: true, losses });
  });

  it('that never began is released, as if never taken', async () => {
    const { worker, pool, broker, settled } = await running(1);

    pool.given[0]?.end({ as: 'lost', started: false, charged: false, reason: 'its child could not boot' });
    await settled();
    await worker.stop('warm');
    const [delivery] = await takeAll(await broker.consume({ queues: ['celery'], node: 'n' }), 1);

    expect(delivery).toMatchObject({ redelivered: false, losses: 0 });
  });

  it('of what is no longer ours is dropped, and said', async () => {
    const { pool, ids, broker, clock, stateOf, settled, logged } = await running(1, { slots: 1 });
    const store = openMemoryStore(broker.store, clock);
    onTestFinished(() => releaseMemoryStore(store));

    pool.given[0]?.begin();
    const held = [...store.owners.keys()].flatMap((owner) => store.messages.heldBy(owner));
    for (const message of held) store.messages.giveBack(message, { redelivered: true, losses: 1 });
    pool.given[0]?.end(done('success', { records: [success(ids[0]!)] }));
    await settled();

    expect(await stateOf(ids[0]!)).toBeUndefined();
    expect(logged.join()).toContain('was no longer ours when its task ended');
  });
});
