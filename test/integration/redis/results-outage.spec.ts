import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createResultBackend, type ResultBackend, type ResultBackendOptions } from '../../../lib/backends/index.js';
import { RedisLink } from '../../../lib/connections/index.js';
import type { TaskMeta } from '../../../lib/protocol/index.js';
import { systemClock, VirtualClock, type Clock } from '../../../lib/time/index.js';
import { record } from '../../conformance/result-backend.bench.js';
import { RedisServer } from '../../tools/redis-server.js';
import { describeWithServer } from '../../tools/servers.js';
import { TcpProxy } from '../../tools/tcp-proxy.js';
import { until } from '../../tools/until.js';
import { hurriedClock } from './hurried-clock.js';

const withinMs = 10_000;

describeWithServer('redis', 'results in Redis, whose connection is cut', (url) => {
  let proxy: TcpProxy;
  let direct: ResultBackend;
  let opened: ResultBackend[];
  let keyPrefix: string;
  let told: TaskMeta[];

  beforeEach(async () => {
    proxy = await TcpProxy.open(Number(new URL(url).port));
    opened = [];
    told = [];
    keyPrefix = `t${randomUUID()}:`;
    direct = await open(url);
  });
  afterEach(async () => {
    await direct.forget(Array.from({ length: 300 }, (_, index) => `n${index}`));
    for (const backend of opened) await backend.close();
    await proxy.close();
  });

  async function open(
    at: string,
    options: ResultBackendOptions = {},
    clock: Clock = systemClock,
  ): Promise<ResultBackend> {
    const backend = createResultBackend(at, { keyPrefix, ...options }, { clock });
    opened.push(backend);
    await backend.connect();
    return backend;
  }

  const openThroughProxy = (clock?: Clock): Promise<ResultBackend> => open(proxy.urlFor(url), {}, clock);
  const isTold = (taskId: string, status = 'SUCCESS'): boolean =>
    told.some((meta) => meta.taskId === taskId && meta.status === status);

  it.each(['after', 'before'] as const)('stores all of a batch when it is cut %s the server had it', async (when) => {
    const backend = await openThroughProxy();
    await backend.storeResults([record('warm')]);
    const heard = await direct.watch?.((meta) => told.push(meta));
    await heard?.add(['n0', 'n299']);
    const cut = when === 'after' ? proxy.cutAfterRequest('n100') : proxy.cutBeforeRequest('n100');
    const records = Array.from({ length: 300 }, (_, index) => record(`n${index}`, { result: String(index) }));

    await backend.storeResults([record('n299', { status: 'STARTED' }), ...records]);
    await cut;

    const metas = await direct.fetch(records.map(({ taskId }) => taskId));
    expect(metas.map((meta) => [meta?.status, meta?.result])).toEqual(records.map((_, index) => ['SUCCESS', index]));
    await until(() => isTold('n299'), { withinMs, what: 'the last one' });
    expect(told.filter(({ taskId, status }) => taskId === 'n0' && status === 'SUCCESS')).toHaveLength(1);
  });

  it('fetches and forgets although it is cut', async () => {
    const backend = await openThroughProxy();
    await backend.storeResults([record('n0')]);
    const cuts = [proxy.cutAfterRequest(/mget/i)];

    expect(await backend.fetch(['n0'])).toMatchObject([{ status: 'SUCCESS' }]);
    cuts.push(proxy.cutAfterRequest(/unlink/i));
    await backend.forget(['n0']);

    await Promise.all(cuts);
    expect(await direct.fetch(['n0'])).toEqual([undefined]);
  });

  it.each(['after', 'before'] as const)('waits although it is cut %s the server had the subscription', async (when) => {
    const backend = await openThroughProxy();
    const watch = await backend.watch?.((meta) => told.push(meta));
    const cut = when === 'after' ? proxy.cutAfterRequest(/subscribe/i) : proxy.cutBeforeRequest(/subscribe/i);

    await watch?.add(['n0', 'n1']);
    await cut;
    await direct.storeResults([record('n0')]);

    await until(() => isTold('n0'), { withinMs, what: 'the result' });
    expect(isTold('n1')).toBe(false);
  });

  it('tells what was stored while it was cut off, and what is stored afterwards', async () => {
    const backend = await openThroughProxy();
    const watches = [await backend.watch?.((meta) => told.push(meta)), await backend.watch?.(() => undefined)];
    for (const watch of watches) await watch?.add(Array.from({ length: 300 }, (_, index) => `n${index}`));
    watches[0]?.remove(['n7']);

    await proxy.drop();
    await direct.storeResults([record('n0'), record('n1', { status: 'STARTED' }), record('n7')]);
    const added = watches[0]?.add(['n8']);
    await direct.storeResults([record('n8')]);
    await proxy.pass();

    await added;
    await until(() => isTold('n0') && isTold('n1', 'STARTED') && isTold('n8'), { withinMs, what: 'what was missed' });
    await direct.storeResults([record('n1'), record('n299')]);
    await until(() => isTold('n1') && isTold('n299'), { withinMs, what: 'what came later' });
    expect(isTold('n7')).toBe(false);
  });

  it('tells of results when only the subscription was killed', async () => {
    const backend = await openThroughProxy();
    const watch = await backend.watch?.((meta) => told.push(meta));
    await watch?.add(['n0', 'n1']);
    const admin = new Redis(url);
    const id = /id=(\d+) .*name=nest-task-queue:results-watch.* sub=2 /.exec(String(await admin.client('LIST')))?.[1];

    await admin.client('KILL', 'ID', id ?? '');
    await direct.storeResults([record('n0')]);

    await until(() => isTold('n0'), { withinMs, what: 'the result' });
    admin.disconnect();
  });

  it.each(['half-closed', 'stalled'] as const)('notices while it waits that its connection is %s', async (how) => {
    const backend = await openThroughProxy(hurriedClock(20));
    const watch = await backend.watch?.((meta) => told.push(meta));
    await watch?.add(['n0']);
    const { acceptedCount } = proxy;

    if (how === 'stalled') proxy.stall();
    else proxy.halfClose('server');
    await direct.storeResults([record('n0')]);
    await until(() => proxy.acceptedCount > acceptedCount, { withinMs, what: 'another connection' });
    await proxy.pass();

    await until(() => isTold('n0'), { withinMs, what: 'the result' });
  });

  it('misses nothing while ids come and go and connections break all the time', async () => {
    const backend = await openThroughProxy();
    const waiting = new Map<string, () => void>();
    const watches = await Promise.all([1, 2].map(async () => backend.watch?.(({ taskId }) => waiting.get(taskId)?.())));
    let started = 0;
    const waitFor = async (taskId: string, watch = watches[started++ % 2]): Promise<void> => {
      const heard = new Promise<void>((resolve) => waiting.set(taskId, resolve));
      await watch?.add([taskId]);
      watch?.remove([taskId]);
      await watch?.add([taskId]); // as two who wait for the same one after another
      const [meta] = await backend.fetch([taskId]);
      if (meta === undefined) await heard;
      watch?.remove([taskId]);
      waiting.delete(taskId);
    };

    for (let round = 0; round < 15; round++) {
      const ids = Array.from({ length: 20 }, (_, index) => `n${round * 20 + index}`);
      const ends = ids.map((id) => waitFor(id));
      if (round % 3 > 0) await new Promise((resolve) => setImmediate(resolve));
      const stored = direct.storeResults(ids.map((id) => record(id)));
      await proxy.drop();
      if (round % 2 > 0) await stored;
      await proxy.pass();
      await Promise.all(ends);
    }

    expect(waiting.size).toBe(0);
  });

  it('asks whether its connection is still there only while somebody waits, and has none before', async () => {
    const clock = new VirtualClock();
    const backend = await openThroughProxy(clock);
    const watch = await backend.watch?.((meta) => told.push(meta));
    const admin = new Redis(url);
    const pings = async (): Promise<number> =>
      Number(/cmdstat_ping:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
    const before = await pings();
    expect(proxy.acceptedCount).toBe(1);

    await watch?.add(['n0']);
    await clock.advance(10_000);
    await watch?.add(['n1']); // on the same connection, so that a ping is counted by now
    expect([proxy.acceptedCount, await pings()]).toEqual([2, before + 1]);

    const calls = vi.spyOn(RedisLink.prototype, 'call');
    watch?.remove(['n0', 'n1']);
    await clock.advance(1_000);
    expect(calls.mock.lastCall?.[1]).toBe('unsubscribe');
    await calls.mock.results.at(-1)?.value; // of real time, and this clock would not wait for it
    calls.mockRestore();
    await clock.advance(60_000);
    await watch?.add(['n2']);
    expect([proxy.acceptedCount, await pings()]).toEqual([2, before + 1]);
    admin.disconnect();
  });
});

describeWithServer('redis', 'results in a Redis that goes away', () => {
  let server: RedisServer;
  let backend: ResultBackend | undefined;

  beforeEach(async () => {
    server = await RedisServer.start({ appendOnly: true, args: ['--appendfsync', 'always'] });
  });
  afterEach(async () => {
    await backend?.close();
    await server.stop();
  });

  describe.each(['SIGTERM', 'SIGKILL'] as const)('by %s', (signal) => {
    it('stores what was given meanwhile when it is back, and tells who waited', async () => {
      const results = (backend = createResultBackend(server.url));
      await results.connect();
      const told: TaskMeta[] = [];
      const watch = await results.watch?.((meta) => told.push(meta));
      await watch?.add(['a', 'b']);
      await results.storeResults([record('a', { status: 'STARTED' })]);

      await server.kill(signal);
      const storing = Array.from({ length: 20 }, (_, index) =>
        results.storeResults([record(`n${index}`), record('a')]),
      );
      await server.restart();
      await Promise.all(storing);
      await results.storeResults([record('b')]);

      const isReady = (taskId: string): boolean =>
        told.some((meta) => meta.taskId === taskId && meta.status === 'SUCCESS');
      await until(() => isReady('a') && isReady('b'), { withinMs, what: 'both results' });
      expect(await results.fetch(['a', 'n0', 'n19'])).toMatchObject(['a', 'n0', 'n19'].map((taskId) => ({ taskId })));
    });
  });

  it('fails what waits longer than "outageTimeout", and goes on when it is back', async () => {
    backend = createResultBackend(server.url, { outageTimeout: 100 });
    await backend.connect();
    await server.kill('SIGTERM');

    const storing = backend.storeResults([record('a')]);

    await expect(storing).rejects.toMatchObject({
      code: 'TQ_RESULT_BACKEND_UNAVAILABLE',
      message: expect.stringContaining('"outageTimeout"'),
    });
    await server.restart();
    await expect
      .poll(() => backend?.storeResults([record('a')]).then(() => 'stored', String), { timeout: withinMs })
      .toBe('stored');
    expect(await backend.fetch(['a'])).toMatchObject([{ status: 'SUCCESS' }]);
  });

  it('closes at once while it waits for the server', async () => {
    await server.kill('SIGTERM');
    backend = createResultBackend(server.url, { startTimeout: '1h' });
    const failure = backend.connect().then(
      () => undefined,
      (error: unknown) => error,
    );

    await backend.close();

    expect(await failure).toMatchObject({ code: 'TQ_RESULT_BACKEND_UNAVAILABLE' });
  });
});
