import { expect, it } from 'vitest';
import type { Broker } from '../../../lib/brokers/index.js';
import { RedisCommandError } from '../../../lib/errors/index.js';
import { idsOf, message } from '../../conformance/broker.bench.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { lookInto, prepareBroker, startOwnServer } from './own-server.js';

const body = 'x'.repeat(50_000);

/** Publishes until the server refuses; returns the ids of what it confirmed. */
async function fill(broker: Broker): Promise<readonly string[]> {
  const confirmed: string[] = [];
  for (;;) {
    const id = `m${confirmed.length}`;
    try {
      await broker.publish([message(id, { body })]);
      confirmed.push(id);
    } catch (error) {
      expect(error).toBeInstanceOf(RedisCommandError);
      expect(String(error)).toMatch(
        /refused to publish: OOM.*the server is full \("maxmemory"\).*let workers drain it/,
      );
      return confirmed;
    }
  }
}

describeWithServer('redis', 'a Redis that is full', () => {
  it('is drained by workers that start only then, and loses nothing that it confirmed', async () => {
    const { url } = await startOwnServer(['--maxmemory', '6mb', '--maxmemory-policy', 'noeviction']);
    const { broker } = prepareBroker(url);
    await broker.connect();
    await broker.publish([message('low', { priority: 9, body })]);
    const confirmed = ['low', ...(await fill(broker))];
    await lookInto(url).config('SET', 'maxmemory', '3mb'); // so that it is full until most is gone

    const { broker: another } = prepareBroker(url);
    await another.connect();
    await another.declare([{ name: 'q' }]);
    const consumer = await another.consume({ queues: ['q'], node: 'worker@test' });
    const parked = await consumer.take(1, AbortSignal.timeout(5_000));
    await consumer.settle(parked.map((delivery) => ({ delivery, as: 'park', untilMs: 0 })));
    const drained: string[] = [];
    await until(
      async () => {
        const taken = await consumer.take(2, AbortSignal.timeout(5_000));
        drained.push(...idsOf(taken));
        await consumer.markStarted(taken);
        await consumer.settle(taken.map((delivery) => ({ delivery, as: 'ack' })));
        return drained.length >= confirmed.length;
      },
      { withinMs: 20_000, what: 'all that was confirmed' },
    );

    expect(drained.toSorted()).toEqual(confirmed.toSorted());
    await consumer.close();
    await broker.publish([message('again')]);
  });
});
