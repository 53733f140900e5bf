import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeWithServer } from '../../tools/servers.js';
import { FaultBench } from './fault-bench.js';

describeWithServer('redis', 'what is held in Redis', (url) => {
  let bench: FaultBench;

  beforeEach(async () => {
    bench = await FaultBench.open(url);
  });
  afterEach(() => bench.close());

  it('stands in a tree from the first message on, never in a list that is searched from one end', async () => {
    const broker = await bench.broker();
    const consumer = await bench.consume(broker);
    for (const count of [1, 60]) {
      await bench.send(broker, count);

      const deliveries = await bench.take(consumer, count);

      expect(await bench.admin.object('ENCODING', bench.key('unacked_index'))).toBe('skiplist');
      await bench.finish(consumer, deliveries);
      expect(await bench.admin.exists(bench.key('unacked_index'))).toBe(0);
    }
    await bench.expectRight();
  });
});
