import { describe, expect, it, onTestFinished } from 'vitest';
import { createBroker } from '../../../lib/brokers/index.js';
import { resolveRateLimit, resolveWorkerOptions, type RateLimit } from '../../../lib/options/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import { Worker } from '../../../lib/worker/index.js';
import {
  done,
  openStores,
  ScriptedPool,
  setupWorker,
  traits,
  type GivenJob,
  type WorkerRigOptions,
} from './worker-rig.js';

const limited = (limit: RateLimit) => traits({ name: 'limited', rateLimit: resolveRateLimit(limit, 'rateLimit') });

async function running(limit: RateLimit, options: WorkerRigOptions = {}) {
  const rig = await setupWorker({ slots: 5, tasks: [limited(limit), traits()], ...options });
  onTestFinished(async () => {
    for (const { end } of rig.pool.given) end(done('success'));
    const stopped = rig.worker.stop('cold');
    await rig.clock.advance('1m');
    await stopped;
    await rig.broker.close();
    await rig.backend.close();
  });
  const submit = rig.pool.submit.bind(rig.pool);
  rig.pool.submit = (...args) => {
    submit(...args);
    rig.pool.given.at(-1)?.begin();
  };
  await rig.worker.start();
  await rig.settled();
  const publish = (more = {}) => rig.publish({ task: 'limited', ...more });
  return { ...rig, publish, publishOther: () => rig.publish(), given: () => rig.pool.given.map(({ id }) => id) };
}

/** A pool that ends each job in the turn in which it gets it, and notes when. */
class InstantPool extends ScriptedPool {
  constructor(
    limit: number,
    private readonly onJob: (job: GivenJob) => void,
  ) {
    super(limit);
  }

  override submit(...given: Parameters<ScriptedPool['submit']>): void {
    super.submit(...given);
    const job = this.given.pop();
    if (job === undefined) return;
    job.begin();
    this.onJob(job);
    job.end(done('success'));
  }
}

async function cluster(limit: RateLimit, workers: number) {
  const stores = await openStores();
  const { clock, broker, log } = stores;
  const starts: { readonly task: string; readonly id: string; readonly worker: number; readonly atMs: number }[] = [];
  const serialization = new Serialization();
  const all = await Promise.all(
    Array.from({ length: workers }, async (_, index) => {
      const own = createBroker(broker.store, {}, { clock });
      await own.connect();
      const pool = new InstantPool(8, ({ id, job }) =>
        starts.push({ task: String(job.message.headers['task']), id, worker: index, atMs: clock.now() }),
      );
      const options = resolveWorkerOptions({}, { pool: 'async', cores: 1, host: 'h', pid: 1, defaultQueue: 'celery' });
      const worker = new Worker({
        broker: own,
        backend: undefined,
        pool,
        processes: () => 1,
        tasks: [limited(limit), traits()],
        decode: (message) => serialization.decode(message),
        maxMessageBytes: serialization.maxMessageBytes,
        options,
        clock,
        log,
        signals: {
          taskReceived: () => undefined,
          taskRevoked: () => undefined,
          taskUnknown: () => undefined,
          taskRejected: () => undefined,
        },
      });
      await worker.start();
      return { own, worker };
    }),
  );
  onTestFinished(async () => {
    for (const { own, worker } of all) {
      const stopped = worker.stop('cold');
      await clock.advance('1m');
      await stopped;
      await own.close();
    }
    await broker.close();
    await stores.backend.close();
  });
  const send = (count: number, task: string): Promise<void> =>
    broker.publish(
      Array.from({ length: count }, () => stores.messages.create({ task, args: [], kwargs: {}, queue: 'celery' })),
    );
  return { ...stores, starts, send };
}

/** Most starts in any window of one second. */
function mostInASecond(times: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while ((times[last] as number) - (times[first] as number) >= 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe('a rate limit of the whole cluster', () => {
  it('of 50 a second holds for 10 000 tasks on three workers, each runs once, and other tasks of the queue flow', async () => {
    const { clock, send, starts } = await cluster({ limit: '50/s', scope: 'cluster' }, 3);
    const beganMs = clock.now();

    await send(10_000, 'limited');
    await send(1_000, 'a');
    await clock.advance('1s');
    const others = starts.filter(({ task }) => task === 'a');
    for (let minute = 0; minute < 4; minute++) await clock.advance('1m');

    expect(others).toHaveLength(1_000);
    const runs = starts.filter(({ task }) => task === 'limited');
    expect([runs.length, new Set(runs.map(({ id }) => id)).size]).toEqual([10_000, 10_000]);
    expect(mostInASecond(runs.map(({ atMs }) => atMs))).toBeLessThanOrEqual(51);
    expect((runs.at(-1)?.atMs ?? Infinity) - beganMs).toBeLessThan(210_000); // 200 s at full rate
    expect(new Set(runs.map(({ worker }) => worker)).size).toBe(3);
  }, 120_000);

  it('lets those who waited longer begin first, also when others come later', async () => {
    const { clock, send, starts } = await cluster({ limit: 10, scope: 'cluster' }, 2);

    await send(100, 'limited');
    await clock.advance('3s');
    const early = new Set(starts.map(({ id }) => id));
    await send(100, 'limited');
    await clock.advance('30s');

    expect([early.size, starts.length]).toEqual([expect.closeTo(31, -1), 200]);
    const order = starts.map(({ atMs }) => atMs);
    expect(order).toEqual(order.toSorted((one, other) => one - other));
  });
});

describe('a rate limit of each worker', () => {
  it('holds in each of them', async () => {
    const { clock, send, starts } = await cluster('10/s', 3);

    await send(600, 'limited');
    await clock.advance('1m');

    expect(starts).toHaveLength(600);
    for (const index of [0, 1, 2]) {
      const times = starts.filter(({ worker }) => worker === index).map(({ atMs }) => atMs);
      expect(mostInASecond(times)).toBeLessThanOrEqual(11);
    }
  });

  it('spaces what begins, and takes no slot for what waits', async () => {
    const { clock, given, publish, publishOther, pool, settled, stats, worker } = await running('2/s');
    const ids = [await publish(), await publish(), await publish(), await publish()];
    const other = await publishOther();
    await settled();

    const first = given();
    const active = worker.activeCount;
    await clock.advance(499);
    const second = given();
    await clock.advance(1);
    const third = given();
    await clock.advance('2s');

    expect([first, active, second, third]).toEqual([[ids[0], other], 2, [ids[0], other], [ids[0], other, ids[1]]]);
    expect(given()).toEqual([ids[0], other, ...ids.slice(1)]);
    expect([await stats(), pool.limit]).toMatchObject([{ held: 5, parked: 0 }, 5]);
  });

  it('gives back what it holds when it stops', async () => {
    const { given, publish, settled, stats, worker, pool } = await running('2/s');
    const ids = [await publish(), await publish(), await publish()];
    await settled();
    const held = await stats();

    for (const { end } of pool.given) end(done('success'));
    await worker.stop('warm');

    expect([given(), held]).toMatchObject([[ids[0]], { held: 3, parked: 0 }]);
    expect(await stats()).toMatchObject({ held: 0, waiting: 2, parked: 0 });
  });

  it('starts nothing that was revoked or expired meanwhile', async () => {
    const { broker, clock, given, publish, settled, stateOf } = await running('1/m');
    await publish();
    await settled();
    const revoked = await publish();
    const expired = await publish({ expiresMs: clock.now() + 30_000 });
    await settled();

    await broker.revocations?.revoke([revoked], 3_600_000);
    await clock.advance('4m');

    expect([given().length, await stateOf(revoked), await stateOf(expired)]).toEqual([1, 'REVOKED', 'REVOKED']);
  });

  it('can be changed while it works, and taken away', async () => {
    const { clock, given, publish, settled, worker } = await running('1/m');
    for (let i = 0; i < 3; i++) await publish();
    await settled();
    const { controls } = worker;

    expect(controls.setRateLimit('limited', '2/s')).toBe(true);
    await publish();
    await clock.advance('2m');
    const faster = given().length;
    controls.setRateLimit('limited', undefined);
    for (let i = 0; i < 1; i++) await publish();
    await settled();

    expect([faster, given().length]).toEqual([4, 5]);
    expect(controls.setRateLimit('unknown', '1/s')).toBe(false);
    expect(() => controls.setRateLimit('limited', 'often')).toThrow("such as '10/s'");
  });

  it('is passed over where the worker is told so', async () => {
    const { given, publish, settled } = await running('1/m', { options: { disableRateLimits: true } });
    await publish();
    await publish();
    await settled();

    expect(given()).toHaveLength(2);
  });
});

describe('a rate limit that cannot be counted', () => {
  it('is refused at start', async () => {
    const rig = await setupWorker({ tasks: [traits()] });
    const broker = Object.create(rig.broker, { rateLimits: { value: undefined } }) as typeof rig.broker;

    expect(
      () =>
        new Worker({
          ...({} as ConstructorParameters<typeof Worker>[0]),
          broker,
          pool: rig.pool,
          tasks: [limited({ limit: 1, scope: 'cluster' })],
          options: resolveWorkerOptions({}, { pool: 'solo', cores: 1, host: 'h', pid: 1, defaultQueue: 'celery' }),
          clock: rig.clock,
          log: rig.log,
        }),
    ).toThrow('count a rate limit of the scope "cluster"');
    await rig.broker.close();
    await rig.backend.close();
  });
});
