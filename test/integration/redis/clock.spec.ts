import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBroker, type Consumer, type Delivery } from '../../../lib/brokers/index.js';
import { systemClock, type Clock } from '../../../lib/time/index.js';
import { idsOf, message } from '../../conformance/broker.bench.js';
import { describeWithServer } from '../../tools/servers.js';

const HOUR_MS = 3_600_000;

/** Of a machine whose clock nobody sets. */
function wrongClock(aheadMs: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + aheadMs };
}

describeWithServer('redis', 'a worker whose clock is wrong', (url) => {
  async function consumeWith(clock: Clock): Promise<{ consumer: Consumer; publish: (id: string) => Promise<void> }> {
    const broker = createBroker(url, { keyPrefix: `t${randomUUID().slice(0, 8)}:` }, { clock });
    onTestFinished(() => broker.close());
    await broker.connect();
    await broker.declare([{ name: 'q' }]);
    const consumer = await broker.consume({ queues: ['q'], node: 'worker@test' });
    return { consumer, publish: (id) => broker.publish([message(id)]) };
  }

  describe.each([
    ['ahead', HOUR_MS],
    ['behind', -HOUR_MS],
  ])('by an hour, %s', (_, aheadMs) => {
    it("tells the server's time", async () => {
      const { consumer } = await consumeWith(wrongClock(aheadMs));

      expect(Math.abs((consumer.now?.() ?? 0) - Date.now())).toBeLessThan(2_000);
    });

    it('gets what it parked when it is due by the server', async () => {
      const { consumer, publish } = await consumeWith(wrongClock(aheadMs));
      await publish('later');
      const [delivery] = await consumer.take(1, AbortSignal.timeout(5_000));
      const untilMs = (consumer.now?.() ?? 0) + 700;
      await consumer.settle([{ delivery: delivery as Delivery, as: 'park', untilMs }]);

      const again = await consumer.take(1, AbortSignal.timeout(5_000));

      expect(idsOf(again)).toEqual(['later']);
      expect(consumer.now?.()).toBeGreaterThanOrEqual(untilMs);
      expect(consumer.now?.()).toBeLessThan(untilMs + 1_500);
    });
  });
});
