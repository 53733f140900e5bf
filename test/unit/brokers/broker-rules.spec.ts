import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBroker, type Broker, type Consumer, type Delivery } from '../../../lib/brokers/index.js';
import { VirtualClock } from '../../../lib/time/index.js';
import { idsOf, message, messages } from '../../conformance/broker.bench.js';

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;

// What the contract leaves open and these two decide alike.
describe.each(['memory', 'embedded'])('the %s broker', (scheme) => {
  let clock: VirtualClock;
  let folder: string;
  let broker: Broker;
  let consumer: Consumer;

  beforeEach(async () => {
    clock = new VirtualClock();
    folder = mkdtempSync(path.join(tmpdir(), 'ntq-rules-'));
    broker = createBroker(`${scheme}:${folder}`, {}, { clock });
    await broker.connect();
    consumer = await broker.consume({ queues: ['q'], node: 'n' });
  });
  afterEach(async () => {
    await broker.close();
    rmSync(folder, { recursive: true });
  });

  /** Lets virtual time stand while the broker works in real time. */
  async function take(count: number): Promise<readonly Delivery[]> {
    return consumer.take(count, AbortSignal.timeout(5_000));
  }

  it('runs a parked message by its clock alone', async () => {
    await broker.publish([message('later', { etaMs: clock.now() + HOUR_MS })]);
    let taken: readonly string[] = [];
    const waiting = consumer.take(1, never).then((deliveries) => (taken = idsOf(deliveries)));

    await clock.advance(HOUR_MS - 1);
    expect(taken).toEqual([]);
    await clock.advance(1);
    await waiting;

    expect(taken).toEqual(['later']);
  });

  it('serves what came due before what was never parked, the earliest first', async () => {
    const nowMs = clock.now();
    await broker.publish([
      message('waiting'),
      message('due2', { etaMs: nowMs + 200 }),
      message('due1', { etaMs: nowMs + 100 }),
      message('urgent', { priority: 0 }),
      message('lazy due', { priority: 9, etaMs: nowMs + 50 }),
    ]);
    await clock.advance(1_000);

    expect(idsOf(await take(5))).toEqual(['due1', 'due2', 'waiting', 'urgent', 'lazy due']);
  });

  it('counts what has come due as waiting', async () => {
    await broker.publish([message('a', { etaMs: clock.now() + 100 })]);

    expect(await broker.queues?.stats('q')).toMatchObject({ waiting: 0, parked: 1 });
    await clock.advance(100);
    expect(await broker.queues?.stats('q')).toMatchObject({ waiting: 1, parked: 0 });
  });

  it('lets a claimed tick be claimed again after a day, when nobody can mean the same one', async () => {
    await broker.ticks?.publishTick('e', 1_000, message('a'));
    expect(await broker.ticks?.publishTick('e', 1_000, message('b'))).toBe(false);

    await clock.advance(86_400_000);

    expect(await broker.ticks?.publishTick('e', 1_000, message('c'))).toBe(true);
  });

  it('forgets revocations that have run out', async () => {
    await broker.revocations?.revoke(['short'], 1_000);
    await broker.revocations?.revoke(['long'], 5_000);
    await clock.advance(1_000);
    const told: string[] = [];

    const followed = await broker.revocations?.follow((ids) => told.push(...ids));

    expect(told).toEqual(['long']);
    await followed?.close();
  });

  it('keeps the order of many given back at once', async () => {
    await broker.publish(messages(10));
    const held = await take(10);

    await consumer.settle(held.toReversed().map((delivery) => ({ delivery, as: 'requeue', charge: false })));

    expect(idsOf(await take(10))).toEqual(messages(10).map((each) => each.id));
  });
});
