import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createResultBackend, type ResultBackend, type ResultBackendOptions } from '../../../lib/backends/index.js';
import { DecodeError } from '../../../lib/errors/index.js';
import type { StoreLog } from '../../../lib/connections/index.js';
import { record } from '../../conformance/result-backend.bench.js';
import { readVectors } from '../../fixtures/wire/vectors.js';
import { RedisServer } from '../../tools/redis-server.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { heapInUse } from './heap-in-use.js';

const MiB = 1024 * 1024;

describeWithServer('redis', 'results in Redis', (url) => {
  let redis: Redis;
  let keyPrefix: string;
  let backends: ResultBackend[];
  let warnings: string[];

  beforeEach(() => {
    redis = new Redis(url);
    keyPrefix = `t${randomUUID()}:`;
    backends = [];
    warnings = [];
  });
  afterEach(async () => {
    for (const backend of backends) await backend.close();
    const keys = await redis.keys(`${keyPrefix}*`);
    if (keys.length > 0) await redis.unlink(keys);
    redis.disconnect();
  });

  async function open(options: ResultBackendOptions = {}, at = url): Promise<ResultBackend> {
    const log: StoreLog = { info: () => undefined, warn: (text) => warnings.push(text) };
    const backend = createResultBackend(at, { keyPrefix, ...options }, { log });
    backends.push(backend);
    await backend.connect();
    return backend;
  }

  const keyOf = (taskId: string): string => `${keyPrefix}celery-task-meta-${taskId}`;

  it("writes Celery's keys with its expiry, and publishes what it writes", async () => {
    const backend = await open({ expiresMs: 3_600_000 });
    const listener = new Redis(url);
    const heard: unknown[] = [];
    listener.on('message', (...message) => heard.push(message));
    await listener.subscribe(keyOf('a'));

    await backend.storeResults([record('a', { status: 'STARTED', dateDoneMs: undefined }), record('a')]);

    const value = await redis.get(keyOf('a'));
    expect(value).toBe(
      '{"status": "SUCCESS", "result": 1, "traceback": null, "children": [], "date_done": "2023-11-14T22:13:20+00:00", "task_id": "a"}',
    );
    expect(await redis.pttl(keyOf('a'))).toBeGreaterThan(3_590_000);
    await until(() => heard.length === 2, { withinMs: 5_000, what: 'both states on the channel' });
    expect(heard[1]).toEqual([keyOf('a'), value]);
    listener.disconnect();
  });

  it.each([...recordedStates('results-redis'), ...recordedStates('celery-5.2.6/results-redis')])(
    'reads what Celery stored: %s',
    async (_name, taskId, stored) => {
      const backend = await open();
      await redis.set(keyOf(taskId), stored);

      const [meta] = await backend.fetch([taskId]);

      const recorded = JSON.parse(stored.toString()) as Readonly<Record<string, unknown>>;
      expect({
        status: meta?.status,
        result: meta?.result,
        traceback: meta?.traceback,
        task_id: meta?.taskId,
        children: meta?.children,
        group_id: meta?.groupId,
        parent_id: meta?.parentId,
        name: meta?.name,
        args: meta?.args,
        kwargs: meta?.kwargs,
        worker: meta?.worker,
        retries: meta?.retries,
        queue: meta?.queue,
      }).toEqual({
        status: recorded['status'],
        result: recorded['result'],
        traceback: recorded['traceback'],
        task_id: taskId,
        children: recorded['children'] ?? [],
        group_id: recorded['group_id'],
        parent_id: recorded['parent_id'],
        name: recorded['name'],
        args: recorded['args'],
        kwargs: recorded['kwargs'],
        worker: recorded['worker'],
        retries: recorded['retries'],
        queue: recorded['queue'],
      });
      expect(meta?.dateDoneMs === undefined).toBe(recorded['date_done'] === null);
    },
  );

  it.each(otherFormats())('says of a result in another format what to set: %s', async (_name, taskId, stored) => {
    const backend = await open();
    await redis.set(keyOf(taskId), stored);

    const reading = backend.fetch([taskId]);

    await expect(reading).rejects.toThrow(DecodeError);
    await expect(reading).rejects.toThrow(`"${keyOf(taskId)}" cannot be read: `);
    await expect(reading).rejects.toThrow('"result_serializer"');
  });

  it('leaves alone what is no result, names its key, and stores the others', async () => {
    const backend = await open();
    await redis.rpush(keyOf('list'), 'x');

    const storing = backend.storeResults([record('a'), record('list'), record('b')]);

    await expect(storing).rejects.toMatchObject({ code: 'TQ_REDIS_COMMAND' });
    await expect(storing).rejects.toThrow(`what is under "${keyOf('list')}" is no result`);
    expect(await redis.lrange(keyOf('list'), 0, -1)).toEqual(['x']);
    expect(await backend.fetch(['a', 'list', 'b'])).toMatchObject([{ taskId: 'a' }, undefined, { taskId: 'b' }]);
  });

  it('tells no garbage that is published, and what is stored instead', async () => {
    const backend = await open();
    const told: unknown[] = [];
    const watch = await backend.watch?.((meta) => told.push(meta));
    await watch?.add(['a', 'b']);
    await redis.set(keyOf('b'), '{"status": "STARTED", "result": null}');

    for (const garbage of ['', '{', 'null', '[]', '{"result": 1}', '\u0080\u0004', '9'.repeat(100_000)]) {
      await redis.publish(keyOf('a'), garbage);
      await redis.publish(keyOf('b'), garbage);
    }
    await backend.storeResults([record('a')]);

    await until(() => told.length >= 8, { withinMs: 5_000, what: 'what is stored' });
    expect(told.filter((meta) => (meta as { taskId: string }).taskId === 'a')).toMatchObject([{ status: 'SUCCESS' }]);
    expect(new Set(told.map((meta) => JSON.stringify(meta))).size).toBe(2);
  });

  it('tells of a stored state that cannot be read', async () => {
    const backend = await open();
    const unreadable: unknown[] = [];
    const watch = await backend.watch?.(
      () => undefined,
      (...told) => unreadable.push(told),
    );
    await watch?.add(['a']);

    await redis.multi().set(keyOf('a'), 'gASV').publish(keyOf('a'), 'gASV').exec();

    await until(() => unreadable.length > 0, { withinMs: 5_000, what: 'the error' });
    expect(unreadable).toEqual([['a', expect.any(DecodeError)]]);
  });

  it('serves 10 000 waiters of several watches with one connection, and keeps nothing of them', async () => {
    const backend = await open();
    const peer = await open();
    let told = 0;
    const watches = await Promise.all([1, 2].map(async () => backend.watch?.(() => void (told += 1))));
    const round = async (name: string): Promise<void> => {
      const ids = Array.from({ length: 5_000 }, (_, index) => `${name}-${index}`);
      told = 0;
      await Promise.all(ids.flatMap((id) => watches.map(async (watch) => watch?.add([id]))));
      await peer.storeResults(ids.map((id) => record(id)));
      await until(() => told === 10_000, { withinMs: 20_000, what: 'all results', detail: () => String(told) });
      for (const watch of watches) for (const id of ids) watch?.remove([id]);
      await peer.forget(ids);
    };

    await round('warm');
    const before = heapInUse();
    for (let n = 0; n < 3; n++) await round(`r${n}`);

    const connections = String(await redis.client('LIST')).match(/name=nest-task-queue:results-watch/g);
    expect(connections).toHaveLength(1);
    let channels: unknown = undefined;
    const look = (): void => void redis.pubsub('CHANNELS', `${keyPrefix}*`).then((names) => (channels = names));
    look();
    await until(() => (Array.isArray(channels) && channels.length === 0 ? true : (look(), false)), {
      withinMs: 5_000,
      what: 'nothing subscribed to',
    });
    expect(heapInUse() - before).toBeLessThan(4 * MiB);
  });

  it('says at once of a password that is missing or wrong, and of a server that is not there', async () => {
    const server = await RedisServer.start({ args: ['--requirepass', 'right'] });
    const withPassword = (password: string): string => server.url.replace('redis://', `redis://:${password}@`);
    try {
      for (const at of [server.url, withPassword('wrong')]) {
        await expect(open({}, at)).rejects.toMatchObject({ code: 'TQ_REDIS_REFUSED' });
      }
      await (await open({}, withPassword('right'))).storeResults([record('a')]);
      const watching = await (await open({}, withPassword('right'))).watch?.(() => undefined);
      await watching?.add(['a']);
    } finally {
      await server.stop();
    }
    await expect(open({ startTimeout: 0 }, server.url)).rejects.toMatchObject({
      code: 'TQ_RESULT_BACKEND_UNAVAILABLE',
      message: expect.stringContaining(server.url),
    });
  });

  it('needs no more rights than the README names, and says so when it lacks one', async () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
    const rights = [...(/Redis users need (.*)/.exec(readme)?.[1] ?? '').matchAll(/`(\+[^`]+)`/g)].map(
      ([, right]) => right,
    );
    const user = `u${randomUUID()}`;
    const at = url.replace('redis://', `redis://${user}:pw@`);
    const rules = ['on', '>pw', '~*celery-task-meta-*', ...(rights as string[])];
    try {
      await redis.acl('SETUSER', user, 'resetchannels', ...rules, '&*celery-task-meta-*');
      const backend = await open({}, at);
      const told: unknown[] = [];
      const watch = await backend.watch?.((meta) => told.push(meta));
      await watch?.add(['a']);
      await backend.storeResults([record('a')]);
      await until(() => told.length > 0, { withinMs: 5_000, what: 'the result' });
      expect(await backend.fetch(['a'])).toMatchObject([{ status: 'SUCCESS' }]);
      await backend.forget(['a']);
      await watch?.close();

      await redis.acl('SETUSER', user, 'reset', ...rules, 'resetchannels');
      const muted = await open({}, at);
      const outcomes = [
        muted.storeResults([record('a')]),
        (async () => (await muted.watch?.(() => undefined))?.add(['a']))(),
      ];
      for (const outcome of await Promise.allSettled(outcomes)) {
        const { code, message } = (outcome as PromiseRejectedResult).reason as { code: string; message: string };
        expect([code, message]).toEqual(['TQ_REDIS_COMMAND', expect.stringContaining('its user lacks a right')]);
      }
    } finally {
      await redis.acl('DELUSER', user);
    }
  });

  it('still stores results when the server is full', async () => {
    const server = await RedisServer.start({ args: ['--maxmemory', '8mb', '--maxmemory-policy', 'noeviction'] });
    const filler = new Redis(server.url);
    try {
      const backend = await open({}, server.url);
      const fill = async (): Promise<string> => {
        try {
          for (let n = 0; ; n++) await filler.set(`fill-${n}`, 'x'.repeat(64 * 1024));
        } catch (error) {
          return String(error);
        }
      };
      expect(await fill()).toContain('OOM');

      await backend.storeResults(Array.from({ length: 100 }, (_, index) => record(`n${index}`)));

      const metas = await backend.fetch(['n0', 'n99']);
      expect(metas).toMatchObject([{ status: 'SUCCESS' }, { status: 'SUCCESS' }]);
    } finally {
      filler.disconnect();
      await server.stop();
    }
  });
});

/** Every state that a recorded worker stored, with its task. */
function recordedStates(file: string): readonly (readonly [name: string, taskId: string, stored: Buffer])[] {
  return storedValues(file).filter(([, , stored]) => stored.toString().startsWith('{'));
}

function otherFormats(): readonly (readonly [name: string, taskId: string, stored: Buffer])[] {
  return ['results-redis', 'celery-5.2.6/results-redis']
    .flatMap(storedValues)
    .filter(([, , stored]) => !stored.toString().startsWith('{'));
}

function storedValues(file: string): readonly (readonly [name: string, taskId: string, stored: Buffer])[] {
  return readVectors(file).flatMap(({ name, result_commands: commands }) =>
    (commands as readonly (readonly unknown[])[]).flatMap(([, command, key, , value], index) => {
      const taskId = /celery-task-meta-(.*)$/.exec(String(key))?.[1];
      if (command !== 'SETEX' || taskId === undefined) return [];
      const stored =
        typeof value === 'string' ? Buffer.from(value) : Buffer.from((value as { b64: string }).b64, 'base64');
      return [[`${file} ${name} ${index}`, taskId, stored] as const];
    }),
  );
}
