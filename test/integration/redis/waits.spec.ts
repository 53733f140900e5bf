import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Broker, Consumer, Delivery } from '../../../lib/brokers/index.js';
import { takeWaited } from '../../../lib/brokers/redis/lua.generated.js';
import { idsOf, message } from '../../conformance/broker.bench.js';
import { RedisMonitor } from '../../tools/redis-monitor.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { FaultBench } from './fault-bench.js';

describeWithServer('redis', 'a worker that waits for messages in Redis', (url) => {
  let bench: FaultBench;
  let broker: Broker;
  let consumer: Consumer;
  let ended: AbortController;

  beforeEach(async () => {
    ended = new AbortController();
    bench = await FaultBench.open(url);
    broker = await bench.broker();
    consumer = await bench.consume(broker, ['q', 'r']);
  });
  afterEach(() => {
    ended.abort();
    return bench.close();
  });

  /** A take for which nothing is there yet. */
  async function waitForOne(who = consumer): Promise<{ readonly deliveries: Promise<readonly Delivery[]> }> {
    const before = await waits();
    const deliveries = who.take(1, ended.signal);
    await until(async () => (await waits()) === before + 2, { withinMs: 5_000, what: 'Both queues are waited for' });
    return { deliveries };
  }

  async function waits(): Promise<number> {
    const clients = String(await bench.admin.call('CLIENT', 'LIST'));
    return clients.split('\n').filter((line) => line.includes('flags=b') && line.includes('nest-task-queue:wait'))
      .length;
  }

  it('is handed a message without asking for it', async () => {
    const text = await someText();
    const { deliveries } = await waitForOne();
    const scripts: string[] = [];
    const { host, port } = bench.admin.options;
    const monitor = await RedisMonitor.open({ host: String(host), port: Number(port) }, (command, sha) => {
      if (command.toLowerCase() === 'evalsha') scripts.push(String(sha));
    });

    await bench.admin.lpush(bench.key('q'), text);

    expect(idsOf(await deliveries)).toEqual(['model']);
    await until(() => scripts.length > 0, { withinMs: 5_000, what: 'A script was called' });
    expect(scripts[0]).toBe(takeWaited.sha);
    monitor.close();
  });

  it('gets back what it was handed on a connection that was gone', async () => {
    const { deliveries } = await waitForOne();
    bench.proxy.stall();
    const direct = await bench.directBroker();
    await direct.publish([message('m')]);
    await until(async () => (await bench.admin.hlen(bench.key('unacked'))) === 1, {
      withinMs: 5_000,
      what: 'The message was handed over',
    });

    await bench.proxy.drop();
    await bench.proxy.pass();

    expect(idsOf(await deliveries)).toEqual(['m']);
    expect((await bench.expectRight({ confirmed: ['m'] })).ids.held).toEqual(['m']);
  });

  it('gives back at once what comes when it has enough', async () => {
    const other = await bench.consume(await bench.directBroker(), ['r']);
    const { deliveries } = await waitForOne();
    await broker.publish([message('first')]);
    expect(idsOf(await deliveries)).toEqual(['first']);

    await broker.publish([message('second', { queue: 'r' })]);

    expect(idsOf(await other.take(1, AbortSignal.timeout(5_000)))).toEqual(['second']);
    await bench.expectRight({ confirmed: ['first', 'second'] });
  });

  it('does not take for its own what it hears of only when that was given back', async () => {
    const held = bench.proxy.holdRequest(takeWaited.sha, 'reply');
    const { deliveries } = await waitForOne();
    const release = await held;
    await bench.admin.lpush(bench.key('q'), await someText());
    await bench.admin.lpush(bench.key('r'), await someText());
    await until(async () => (await bench.admin.hlen(bench.key('unacked'))) > 0, {
      withinMs: 5_000,
      what: 'A message was handed over',
    });

    await bench.admin.hset(bench.key(`ntq:worker:${consumer.owner}`), 'epoch', 'another');
    const both = [...(await deliveries), ...(await consumer.take(1, AbortSignal.timeout(5_000)))];
    const late = consumer.take(1, AbortSignal.timeout(1_500));
    release();

    expect(idsOf([...both, ...(await late)])).toEqual(['model', 'model']);
    await bench.expectRight();
  });

  describe('and that was cut off', () => {
    it('is handed nothing', async () => {
      const { deliveries } = await waitForOne();
      await bench.admin.zrem(bench.key('ntq:workers'), consumer.owner);
      await bench.admin.zadd(bench.key('ntq:fenced'), 1, consumer.owner);

      await broker.publish([message('m')]);

      await expect(deliveries).rejects.toThrow(consumer.owner);
      const other = await bench.consume(broker);
      expect(idsOf(await other.take(1, AbortSignal.timeout(5_000)))).toEqual(['m']);
    });
  });

  async function someText(): Promise<string> {
    await broker.publish([message('model', { queue: 'elsewhere' })]);
    return String(await bench.admin.rpop(bench.key('elsewhere')));
  }
});
