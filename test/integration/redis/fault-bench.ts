import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import {
  createBroker,
  type Broker,
  type BrokerOptions,
  type Consumer,
  type Delivery,
} from '../../../lib/brokers/index.js';
import * as scripts from '../../../lib/brokers/redis/lua.generated.js';
import type { OutgoingMessage } from '../../../lib/protocol/index.js';
import { messages, turn } from '../../conformance/broker.bench.js';
import { checkRedis, type RedisCheck, type RedisCheckOptions } from '../../tools/redis-invariants.js';
import { TcpProxy } from '../../tools/tcp-proxy.js';

/** A key prefix of a Redis, a proxy before it, and eyes on what lies there. */
export class FaultBench {
  readonly keyPrefix = `t${randomUUID().slice(0, 8)}:`;
  readonly warnings: string[] = [];
  /** Ids of what was sent by `send`. */
  readonly sent: string[] = [];
  /** Ids of what was settled for good by `finish`, once for each time. */
  readonly settled: string[] = [];
  private readonly brokers: Broker[] = [];

  private constructor(
    readonly url: string,
    readonly proxy: TcpProxy,
    /** A connection of its own, past the proxy. */
    readonly admin: Redis,
  ) {}

  static async open(url: string): Promise<FaultBench> {
    const admin = new Redis(url);
    admin.on('error', () => undefined);
    const bench = new FaultBench(url, await TcpProxy.open(Number(new URL(url).port)), admin);
    await bench.loadScripts();
    return bench;
  }

  /** So that each is called by its hash, by which a proxy knows it. */
  async loadScripts(): Promise<void> {
    for (const script of Object.values(scripts)) await this.admin.script('LOAD', script.text);
  }

  async close(): Promise<void> {
    await this.proxy.pass();
    for (const broker of this.brokers) await broker.close().catch(() => undefined);
    await this.proxy.close();
    if (this.admin.status === 'ready') {
      const keys = await this.admin.keys(`${this.keyPrefix}*`);
      if (keys.length > 0) await this.admin.del(...keys);
    }
    this.admin.disconnect();
  }

  /** Through the proxy. */
  async broker(options: BrokerOptions = {}): Promise<Broker> {
    return this.connect(this.proxy.urlFor(this.url), options);
  }

  /** Past the proxy. */
  async directBroker(options: BrokerOptions = {}): Promise<Broker> {
    return this.connect(this.url, options);
  }

  async consume(broker: Broker, queues: readonly string[] = ['q']): Promise<Consumer> {
    return broker.consume({ queues, node: 'worker@test' });
  }

  async send(broker: Broker, count: number, change: Partial<OutgoingMessage> = {}): Promise<readonly string[]> {
    const batch = messages(count, `m${this.sent.length}-`, change);
    await broker.publish(batch);
    const ids = batch.map(({ id }) => id);
    this.sent.push(...ids);
    return ids;
  }

  /** Takes until there are as many. */
  async take(consumer: Consumer, count: number, withinMs = 8_000): Promise<Delivery[]> {
    const taken: Delivery[] = [];
    const signal = AbortSignal.timeout(withinMs);
    while (taken.length < count && !signal.aborted) {
      taken.push(...(await consumer.take(count - taken.length, signal)));
      await turn();
    }
    expect(taken, `deliveries within ${withinMs} ms`).toHaveLength(count);
    return taken;
  }

  /** Acknowledges what is still held, and returns what was not. */
  async finish(consumer: Consumer, deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
    const lost = await consumer.settle(deliveries.map((delivery) => ({ delivery, as: 'ack' })));
    for (const delivery of deliveries) {
      if (!lost.includes(delivery)) this.settled.push(String(delivery.message.headers['id']));
    }
    return lost;
  }

  /** Takes and acknowledges all that comes, until everything that was sent has been settled. */
  async drain(consumer: Consumer, withinMs = 8_000): Promise<void> {
    const signal = AbortSignal.timeout(withinMs);
    while (new Set(this.settled).size < this.sent.length && !signal.aborted) {
      await this.finish(consumer, await consumer.take(64, signal));
      await turn();
    }
    expect([...this.settled].sort(), `settled within ${withinMs} ms`).toEqual([...this.sent].sort());
  }

  /** As if its time were over, for one that renews it no more. */
  async endLease(owner: string): Promise<void> {
    await this.admin.zadd(this.key('ntq:workers'), 'XX', 1, owner);
  }

  look(options: Partial<RedisCheckOptions> = {}): Promise<RedisCheck> {
    return checkRedis({
      client: this.admin,
      keyPrefix: this.keyPrefix,
      queues: ['q', 'r'],
      confirmed: this.sent,
      settled: new Set(this.settled),
      ...options,
    });
  }

  async expectRight(options: Partial<RedisCheckOptions> = {}): Promise<RedisCheck> {
    const check = await this.look(options);
    expect(check.problems).toEqual([]);
    return check;
  }

  key(name: string): string {
    return `${this.keyPrefix}${name}`;
  }

  private async connect(url: string, options: BrokerOptions): Promise<Broker> {
    const log = { info: () => undefined, warn: (text: string) => void this.warnings.push(text) };
    const broker = createBroker(url, { keyPrefix: this.keyPrefix, lease: '2s', ...options }, { log });
    this.brokers.push(broker);
    await broker.connect();
    await broker.declare([{ name: 'q' }, { name: 'r' }]);
    return broker;
  }
}
