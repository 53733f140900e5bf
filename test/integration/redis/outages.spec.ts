import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Broker, Consumer, Delivery } from '../../../lib/brokers/index.js';
import { idsOf } from '../../conformance/broker.bench.js';
import { RedisServer } from '../../tools/redis-server.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { FaultBench } from './fault-bench.js';

const RESUME_MS = 5_000;

describeWithServer('redis', 'queues in a Redis that goes away and comes back', () => {
  let redis: RedisServer;
  let bench: FaultBench;
  let broker: Broker;
  let consumer: Consumer;

  async function start(appendOnly: boolean): Promise<void> {
    redis = await RedisServer.start({ appendOnly });
    bench = await FaultBench.open(redis.url);
    broker = await bench.broker({ lease: '10s' });
    consumer = await bench.consume(broker);
  }
  afterEach(async () => {
    await bench.close();
    await redis.stop();
  });

  /** One message through all that a worker does; how long it takes. */
  const roundTrip = async (): Promise<number> => {
    const startedAt = performance.now();
    const [taken] = await Promise.all([bench.take(consumer, 1, 20_000), bench.send(broker, 1)]);
    await bench.finish(consumer, taken);
    return performance.now() - startedAt;
  };

  describe('whose connections break', () => {
    beforeEach(() => start(false));

    it.each([
      [
        'are dropped and refused for a while',
        async () => {
          await bench.proxy.drop();
          const isNoticed = (): boolean => bench.warnings.some((text) => text.startsWith('No connection to'));
          await until(isNoticed, { withinMs: RESUME_MS, what: 'It has tried in vain' });
          await bench.proxy.pass();
        },
      ],
      [
        'stall for a while',
        async () => {
          bench.proxy.stall();
          const before = bench.proxy.acceptedCount;
          const isNoticed = (): boolean => bench.proxy.acceptedCount > before;
          await until(isNoticed, { withinMs: 2 * RESUME_MS, what: 'It has given up a connection and tried another' });
          await bench.proxy.pass();
        },
      ],
      ['are half-closed to the worker', async () => bench.proxy.halfClose('client')],
      ['are half-closed to Redis', async () => bench.proxy.halfClose('server')],
    ] as const)('goes on soon when they %s', async (_, inject) => {
      await roundTrip();
      await bench.send(broker, 3);
      const held = await bench.take(consumer, 3);

      await inject();
      const startedAt = performance.now();
      const [lost] = await Promise.all([bench.finish(consumer, held), roundTrip()]);

      expect(lost).toEqual([]);
      expect(performance.now() - startedAt).toBeLessThan(RESUME_MS);
      expect(bench.settled.toSorted()).toEqual(bench.sent.toSorted());
      await bench.expectRight();
    });
  });

  describe('that is started again', () => {
    it.each(['SIGTERM', 'SIGKILL'] as const)(
      'has everything when it keeps an append-only file (%s)',
      async (signal) => {
        await start(true);
        await bench.send(broker, 5);
        const [first, second, ...others] = (await bench.take(consumer, 5)) as [Delivery, Delivery, ...Delivery[]];
        await consumer.settle([{ delivery: second, as: 'park', untilMs: Date.now() + 600_000 }]);

        await redis.kill(signal);
        await redis.restart();

        expect(await bench.finish(consumer, [first, ...others])).toEqual([]);
        await roundTrip();
        const { ids, owners } = await bench.expectRight();
        expect([ids.parked, owners]).toEqual([[bench.sent[1]], [consumer.owner]]);
      },
    );

    it.each(['restart', 'FLUSHALL'] as const)('and has forgotten everything: it begins anew (%s)', async (how) => {
      await start(false);
      await bench.send(broker, 3);
      const lost: string[] = [];
      consumer.onLost?.((deliveries) => lost.push(...idsOf(deliveries)));
      const held = await bench.take(consumer, 3);

      if (how === 'restart') await redis.restart();
      else await bench.admin.flushall();

      await until(() => lost.length === 3, { withinMs: RESUME_MS, what: 'It is told what is lost' });
      expect(await bench.finish(consumer, held)).toEqual(held);
      bench.sent.length = 0;
      await roundTrip();
      expect((await bench.expectRight()).owners).toEqual([consumer.owner]);
    });

    it('and has forgotten a worker that looks for messages before it enters anew: nothing of it stays for ever', async () => {
      await start(false);
      const key = bench.key(`ntq:worker:${consumer.owner}`);
      const stopping = new AbortController();
      let isOver = false;
      const waiting = consumer
        .take(1, stopping.signal)
        .catch((error: unknown) => error)
        .finally(() => (isOver = true));
      const forget = bench.admin.multi().flushall();
      forget.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await forget.exec();
      const isKnown = async (): Promise<boolean> => isOver || (await bench.admin.ttl(key)) > 0;
      await until(isKnown, { withinMs: RESUME_MS, what: 'It has looked, or entered' });

      stopping.abort();
      await waiting;
      await consumer.close();

      expect(await bench.admin.ttl(key)).not.toBe(-1);
    });
  });
});
