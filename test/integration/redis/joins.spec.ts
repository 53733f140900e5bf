import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createResultBackend,
  type ChordPart,
  type ChordStore,
  type ResultBackend,
} from '../../../lib/backends/index.js';
import type {
  Broker,
  Consumer,
  Delivery,
  EncodedPart,
  JoinAnswer,
  JoinSettlement,
} from '../../../lib/brokers/index.js';
import { countParts, join, settle } from '../../../lib/brokers/redis/lua.generated.js';
import { idOf, idsOf, message } from '../../conformance/broker.bench.js';
import { chordsOf, part, record } from '../../conformance/result-backend.bench.js';
import { describeWithServer } from '../../tools/servers.js';
import { FaultBench } from './fault-bench.js';

const FAILED = { state: 'FAILURE', result: '{"exc_type": "ValueError", "exc_message": []}' } as const;

describeWithServer('redis', 'parts of chords that are settled with their messages', (url) => {
  let bench: FaultBench;
  let broker: Broker;
  let consumer: Consumer;
  let backend: ResultBackend;
  let chords: ChordStore;

  beforeEach(async () => {
    bench = await FaultBench.open(url);
    broker = await bench.broker();
    consumer = await bench.consume(broker);
    backend = createResultBackend(url, { keyPrefix: bench.keyPrefix });
    await backend.connect();
    chords = chordsOf(backend);
  });
  afterEach(async () => {
    await backend.close();
    await bench.close();
  });

  const taken = async (count: number): Promise<Delivery[]> => {
    await bench.send(broker, count);
    return bench.take(consumer, count);
  };
  const alone = (delivery: Delivery, place: number, change: Partial<ChordPart> = {}): JoinSettlement => {
    const reported = part(idOf(delivery), place, change);
    const { taskId, state: status, result } = reported;
    return {
      delivery,
      results: backend.encode?.([record(taskId, { status, result })]) ?? [],
      part: chords.encode?.(reported) as EncodedPart,
    };
  };
  const member = (...given: Parameters<typeof alone>): JoinSettlement => ({
    ...alone(...given),
    successors: [message(`after-${idOf(given[0])}`, { queue: 'r' })],
  });
  const joinAll = (batch: readonly JoinSettlement[]): Promise<JoinAnswer> =>
    consumer.join?.(batch) ?? Promise.reject(new Error('The consumer has no join().'));

  describe.each(['before', 'after'] as const)('and the connection is cut %s the server had the request', (when) => {
    const cutAt = (pattern: string): Promise<void> =>
      when === 'after' ? bench.proxy.cutAfterRequest(pattern) : bench.proxy.cutBeforeRequest(pattern);

    it.each([
      ['far from the end', 9, undefined, countParts, alone],
      ['far from the end, with what follows', 9, undefined, join, member],
      ['at the end', 3, 2, join, alone],
      ['at the end, with what follows', 3, 2, join, member],
    ] as const)('answers exactly, and does everything once: %s', async (_title, size, last, script, settled) => {
      await chords.open([{ groupId: 'g', size }]);
      const deliveries = await taken(4);
      const stolen = deliveries[1] as Delivery;
      await bench.admin.hdel(bench.key('unacked'), stolen.tag);
      await bench.admin.zrem(bench.key('unacked_index'), stolen.tag);
      await chords.report(last === undefined ? [] : [part('other', 70)]);
      const cut = cutAt(script.sha);

      const answer = await joinAll(deliveries.map((delivery, place) => settled(delivery, place)));
      await cut;

      expect(answer).toEqual({ lost: [stolen], yours: last === undefined ? [] : [deliveries[last]] });
      const held = answer.yours.map(idOf);
      const { ids } = await bench.expectRight({ settled: new Set(bench.sent.filter((id) => !held.includes(id))) });
      expect(ids.held).toEqual(held);
      const sent = idsOf(deliveries).filter((id) => id !== idOf(stolen) && !held.includes(id));
      expect(ids.waiting.toSorted()).toEqual(settled === alone ? [] : sent.map((id) => `after-${id}`).toSorted());
      expect(await chords.parts('g')).toHaveLength(3);
    });

    it('closes a chord once, with what follows from it', async () => {
      await chords.open([{ groupId: 'g', size: 1 }]);
      const [delivery] = (await taken(1)) as [Delivery];
      expect((await joinAll([member(delivery, 0)])).yours).toEqual([delivery]);
      const cut = cutAt(settle.sha);

      const lost = await consumer.settle([
        {
          delivery,
          as: 'ack',
          successors: [message('body', { queue: 'r' })],
          closes: [chords.encodeClosing?.('g') ?? { key: '', expiresMs: 0 }],
        },
      ]);
      await cut;

      expect(lost).toEqual([]);
      expect((await bench.expectRight({ settled: new Set(bench.sent) })).ids.waiting).toEqual(['body']);
      expect(await chords.progress('g')).toEqual({ done: 1, size: 1 });
      expect(await chords.report([part('late', 1)])).toEqual(['over']);
    });
  });

  it('are not taken for a settlement of the same messages, whose answer was lost', async () => {
    await chords.open([{ groupId: 'g', size: 1 }]);
    const [delivery] = (await taken(1)) as [Delivery];
    await bench.admin.set(bench.key('celery-taskset-meta-g.j'), 'not that');
    await expect(joinAll([member(delivery, 0)])).rejects.toThrow('celery-taskset-meta-g.j is not a zset');

    expect(await consumer.settle([{ delivery, as: 'requeue', charge: false }])).toEqual([]);

    await bench.admin.del(bench.key('celery-taskset-meta-g.j'));
    await bench.drain(consumer);
    await bench.expectRight();
  });

  it.each([
    ...['celery-taskset-meta-g.j', 'celery-taskset-meta-g.d', 'r', 'unacked_index', 'ntq:suspects'].map(
      (name) => [name, 'with what follows', member] as const,
    ),
    ...['celery-taskset-meta-g.j', 'celery-taskset-meta-g.d', 'unacked', 'ntq:suspects'].map(
      (name) => [name, 'alone', alone] as const,
    ),
  ])('settle nothing, and lose nothing, while %s holds something else: %s', async (name, _title, settled) => {
    await chords.open([{ groupId: 'g', size: 5 }]);
    const deliveries = await taken(3);
    const has = (await bench.admin.exists(bench.key(name))) === 1;
    if (has) await bench.admin.rename(bench.key(name), bench.key('kept'));
    await bench.admin.set(bench.key(name), 'not that');
    const batch = deliveries.map((delivery, place) => settled(delivery, place));

    await expect(joinAll(batch)).rejects.toThrow(`${bench.key(name)} is not a`);

    expect(await bench.admin.hlen(bench.key(name === 'unacked' ? 'kept' : 'unacked'))).toBe(3);
    expect(await backend.fetch(idsOf(deliveries))).toEqual([undefined, undefined, undefined]);
    await bench.admin.del(bench.key(name));
    if (has) await bench.admin.rename(bench.key('kept'), bench.key(name));
    expect(await joinAll(batch)).toEqual({ lost: [], yours: [] });
    expect(await chords.progress('g')).toEqual({ done: 3, size: 5 });
    await bench.expectRight({ settled: new Set(bench.sent) });
  });

  it.each([
    ['alone', alone],
    ['with what follows', member],
  ])('are counted once where a page holds two of one task: %s', async (_title, settled) => {
    await chords.open([{ groupId: 'g', size: 9 }]);
    await broker.publish([message('same'), message('same'), message('other')]);
    const [one, two, other] = (await bench.take(consumer, 3)) as [Delivery, Delivery, Delivery];

    const answer = await joinAll([
      settled(one, 0, { result: '"first"' }),
      settled(two, 0, { result: '"second"' }),
      settled(other, 1),
    ]);

    expect(answer).toEqual({ lost: [], yours: [] });
    expect((await chords.parts('g')).map(({ result }) => result)).toEqual(['"second"', '1']);
  });

  it('give the message of the end back when its worker dies, and tell who has it then', async () => {
    await chords.open([{ groupId: 'g', size: 3 }]);
    const deliveries = await taken(2);
    const [first, second] = deliveries as [Delivery, Delivery];
    expect((await joinAll([member(first, 0), member(second, 1, FAILED)])).yours).toEqual([second]);
    const survivor = await bench.consume(await bench.directBroker());
    await (consumer as unknown as { abandon(): Promise<void> }).abandon();
    await bench.endLease(consumer.owner);

    await survivor.reap();
    const [again] = (await bench.take(survivor, 1)) as [Delivery];

    expect(idOf(again)).toBe(idOf(second));
    expect((await survivor.join?.([member(again, 1, FAILED)]))?.yours).toEqual([again]);
    expect(await consumer.settle([{ delivery: second, as: 'ack' }])).toEqual([second]);
  });

  it('go through on a server that is full', async () => {
    await chords.open([{ groupId: 'g', size: 3 }]);
    const deliveries = await taken(3);
    const before = (await bench.admin.config('GET', 'maxmemory')) as string[];
    await bench.admin.config('SET', 'maxmemory', '1');
    try {
      expect(await joinAll([alone(deliveries[0] as Delivery, 0)])).toEqual({ lost: [], yours: [] });
      const rest = await joinAll(deliveries.slice(1).map((delivery, place) => member(delivery, 1 + place)));
      expect(rest).toEqual({ lost: [], yours: [deliveries[2]] });
    } finally {
      await bench.admin.config('SET', 'maxmemory', before[1] ?? '0');
    }
  });
});
