import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createResultBackend, type ChordStore, type ResultBackendOptions } from '../../../lib/backends/index.js';
import type { ResultBackend } from '../../../lib/backends/index.js';
import { chordsOf, groupsOf, part } from '../../conformance/result-backend.bench.js';
import { commandsFor, readVector, type RecordedKey } from '../../fixtures/wire/vectors.js';
import { describeWithServer } from '../../tools/servers.js';
import { TcpProxy } from '../../tools/tcp-proxy.js';
import { startOwnServer } from './own-server.js';

describeWithServer('redis', 'chords in Redis', (url) => {
  let redis: Redis;
  let keyPrefix: string;
  let backends: ResultBackend[];

  beforeEach(() => {
    redis = new Redis(url);
    keyPrefix = `t${randomUUID()}:`;
    backends = [];
  });
  afterEach(async () => {
    for (const backend of backends) await backend.close();
    const keys = await redis.keys(`${keyPrefix}*`);
    if (keys.length > 0) await redis.unlink(keys);
    redis.disconnect();
  });

  async function open(options: ResultBackendOptions = {}, at = url): Promise<ChordStore> {
    const backend = createResultBackend(at, { keyPrefix, ...options });
    backends.push(backend);
    await backend.connect();
    return chordsOf(backend);
  }

  const key = (suffix = ''): string => `${keyPrefix}celery-taskset-meta-g${suffix}`;
  const kept = (suffix: string): Promise<string[]> => redis.zrange(key(suffix), '0', '-1', 'WITHSCORES');

  it("keeps parts and sizes in Celery's keys, for as long as results", async () => {
    const chords = await open({ expiresMs: 3_600_000 });
    const listener = new Redis(url);
    await listener.subscribe(key('.s'));
    const heard = new Promise((resolve) => listener.on('message', (...message) => resolve(message)));

    await chords.report([part('a', 0, { result: '2' }), part('b', undefined, { result: '"x"' })]);
    await chords.extend('g', 1, 'adder');
    await chords.open([{ groupId: 'g', size: 2 }]);

    expect(await kept('.j')).toEqual(['[1, "a", "SUCCESS", 2]', '0', '[1, "b", "SUCCESS", "x"]', 'inf']);
    expect(await redis.get(key('.s'))).toBe('2');
    expect(await redis.get(key('.t'))).toBe('1');
    expect((await redis.smembers(key('.d'))).toSorted()).toEqual(['a:0', 'b:+inf']); // as Celery 5.7
    expect(await heard).toEqual([key('.s'), '2']);
    for (const suffix of ['.j', '.s', '.t', '.d']) expect(await redis.pttl(key(suffix))).toBeGreaterThan(3_590_000);
    listener.disconnect();
  });

  it('reads the parts of a wide chord in their order, be they short or long', async () => {
    const chords = await open();
    const resultOf = (place: number): string => JSON.stringify(place % 1_000 === 7 ? 'x'.repeat(400_000) : place);
    for (const at of [4_000, 2_000, 0]) {
      const page = Array.from({ length: 2_000 }, (_, n) => part(`m${at + n}`, at + n, { result: resultOf(at + n) }));
      await chords.report(page);
    }
    await chords.report([part('last', undefined, { result: '"end"' })]);

    const parts = await chords.parts('g');

    expect(parts.map(({ taskId }) => taskId)).toEqual([...Array.from({ length: 6_000 }, (_, n) => `m${n}`), 'last']);
    expect(parts.findIndex(({ result }, place) => result !== resultOf(place))).toBe(6_000);
  });

  it('leaves of a chord that has ended what keeps it from ending again', async () => {
    const chords = await open({ expiresMs: 3_600_000 });
    await chords.open([{ groupId: 'g', size: 1 }]);
    await chords.report([part('a', 0)]);
    await groupsOf(backends[0]!).save('g', [['g', null], []]);

    await chords.close(['g']);

    const left = (await redis.keys(`${keyPrefix}*`)).map((each) => each.slice(keyPrefix.length)).toSorted();
    expect(left).toEqual(['celery-taskset-meta-g', 'celery-taskset-meta-g.c', 'ntq:chord:g']);
    expect(await redis.get(key('.c'))).toBe('done');
    expect(await redis.pttl(`${keyPrefix}ntq:chord:g`)).toBeGreaterThan(3_590_000);
  });

  it('goes on with a chord that Celery has recorded, and reads its parts', async () => {
    const vector = readVector('results-redis', 'chord');
    const recorded = (vector['result_commands'] as string[][]).map(([, ...command]) => command);
    const keys: RecordedKey[] = [];
    for (const [command, name = '', score, member] of recorded) {
      if (command === 'ZADD' && score === '0') keys.push({ key: name, type: 'zset', ttl: 1, value: [[member, 0]] });
      if (command === 'SETEX' && name.endsWith('.s')) keys.push({ key: name, type: 'string', ttl: 1, value: member });
    }
    for (const [name = '', at = '', ...args] of commandsFor(keys)) {
      await redis.call(name, keyPrefix + at, ...args);
    }
    const groupId = keys[0]!.key.slice('celery-taskset-meta-'.length, -'.j'.length);
    const chords = await open();

    expect(await chords.progress(groupId)).toEqual({ done: 1, size: 2 });
    const first = (await chords.parts(groupId))[0]!;
    expect(first).toEqual({ taskId: expect.stringMatching(/^[0-9a-f-]{36}$/), state: 'SUCCESS', result: '2' });
    // Celery before 5.7 does not say which tasks it has counted.
    expect(await chords.report([part(first.taskId, 0, { groupId, result: '3' })])).toEqual(['counted']);
    expect(await chords.report([part('last', 1, { groupId, result: '4' })])).toEqual(['yours']);
    expect((await chords.parts(groupId)).map(({ result }) => result)).toEqual(['3', '4']);
  });

  it('counts in a list where Celery began one', async () => {
    await redis.rpush(key('.j'), '[1, "z", "SUCCESS", 2]');
    const chords = await open();
    await chords.open([{ groupId: 'g', size: 3 }]);

    const answers = await chords.report([part('z', 0), part('b', 1), part('b', 1, { result: '7' }), part('a', 2)]);

    expect(answers).toEqual(['counted', 'counted', 'counted', 'yours']);
    expect((await chords.parts('g')).map(({ taskId, result }) => [taskId, result])).toEqual([
      ['z', '1'],
      ['b', '7'],
      ['a', '1'],
    ]);
    expect(await chords.progress('g')).toEqual({ done: 3, size: 3 });
    await chords.close(['g']);
    expect(await chords.progress('g')).toEqual({ done: 3, size: 3 });
  });

  it.each([
    ['.j', 'string', 'zset'],
    ['.d', 'string', 'set'],
  ])('refuses to count where %s is a %s, and has written nothing', async (suffix, _type, expected) => {
    await redis.set(key(suffix), 'x');
    const chords = await open();

    await expect(chords.report([part('a', 0, { groupId: 'h' }), part('a', 0)])).rejects.toThrow(
      `${key(suffix)} is not a ${expected}`,
    );

    expect(await redis.keys(`${keyPrefix}*`)).toEqual([key(suffix)]);
  });

  it('takes what is no number for nothing, and loses no part', async () => {
    await redis.set(key('.s'), 'many');
    await redis.lpush(key('.t'), 'x');
    const chords = await open();

    expect(await chords.report([part('a', 0)])).toEqual(['counted']);
    await expect(chords.extend('g', 1, 'adder')).rejects.toThrow('WRONGTYPE');
    await redis.del(key('.t'));
    await chords.open([{ groupId: 'g', size: 2 }]);
    expect(await chords.report([part('b', 1)])).toEqual(['yours']);
  });

  it('names the key of a part or a group that cannot be read', async () => {
    await redis.zadd(key('.j'), 0, 'gASV');
    await redis.set(key(), '{}');
    const chords = await open();

    await expect(chords.parts('g')).rejects.toThrow(`"${key('.j')}"`);
    await expect(groupsOf(backends[0]!).fetch('g')).rejects.toThrow(`"${key()}"`);
  });

  it.each(['before', 'after'] as const)('counts once when it is cut %s the server counted', async (when) => {
    const proxy = await TcpProxy.open(Number(new URL(url).port));
    const chords = await open({}, proxy.urlFor(url));
    await chords.open([{ groupId: 'g', size: 2 }]);
    const cut = (text: string): Promise<void> =>
      when === 'after' ? proxy.cutAfterRequest(text) : proxy.cutBeforeRequest(text);

    let broken = cut('"first"');
    expect(await chords.report([part('first', 0, { result: '"first"' })])).toEqual(['counted']);
    await broken;
    broken = cut('ntq:chord:g:');
    await chords.extend('g', 1, 'adder');
    await broken;
    expect(await chords.report([part('second', 1)])).toEqual(['counted']);
    broken = cut('"third"');
    expect(await chords.report([part('third', 2, { result: '"third"' })])).toEqual(['yours']);
    await broken;

    await backends[0]?.close();
    await proxy.close();
  });

  it('counts also on a server that is full', async () => {
    const { url: full } = await startOwnServer(['--maxmemory-policy', 'noeviction']);
    const admin = new Redis(full);
    const chords = await open({}, full);
    await admin.set('filler', 'x'.repeat(1_000_000));
    await admin.config('SET', 'maxmemory', '1mb');

    await chords.open([{ groupId: 'g', size: 2 }]);
    expect(await chords.report([part('a', 0), part('b', 1)])).toEqual(['counted', 'yours']);
    await chords.close(['g']);
    expect(await chords.report([part('a', 0)])).toEqual(['over']);
    admin.disconnect();
  });
});
