import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createResultBackend, type ResultBackend } from '../../../lib/backends/index.js';
import { createBroker } from '../../../lib/brokers/index.js';
import { MessageFactory, TaskClient, type TaskUpdate } from '../../../lib/client/index.js';
import { resolveTasksOptions } from '../../../lib/options/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import { systemClock } from '../../../lib/time/index.js';
import { record } from '../../conformance/result-backend.bench.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { catalogOf } from '../../unit/client/fakes.js';

describeWithServer('redis', 'waiting for results in Redis', (url) => {
  let redis: Redis;
  let keyPrefix: string;
  let client: TaskClient;
  let worker: ResultBackend;

  beforeEach(async () => {
    redis = new Redis(url);
    keyPrefix = `t${randomUUID()}:`;
    const broker = createBroker(`memory:${keyPrefix}`);
    const messages = new MessageFactory({
      catalog: catalogOf([]),
      tasks: resolveTasksOptions(),
      priorityOrder: broker.capabilities.priorityOrder,
      serialization: new Serialization(),
      clock: systemClock,
      origin: 'gen1@host',
      propagators: [],
    });
    const backend = createResultBackend(url, { keyPrefix });
    client = new TaskClient({ broker, backend, messages, catalog: catalogOf([]), clock: systemClock });
    worker = createResultBackend(url, { keyPrefix });
    await worker.connect();
  });
  afterEach(async () => {
    await client.close();
    await worker.close();
    const keys = await redis.keys(`${keyPrefix}*`);
    if (keys.length > 0) await redis.unlink(keys);
    redis.disconnect();
  });

  it('misses no result, whether it was stored before the wait, while it began or afterwards', async () => {
    const sent = await Promise.all(Array.from({ length: 300 }, () => client.send<number>('proj.add', [1])));
    const storeThird = (n: number): Promise<void> =>
      worker.storeResults(
        sent.flatMap(({ id }, index) => (index % 3 === n ? [record(id, { result: String(index) })] : [])),
      );

    await storeThird(0);
    const waiting = sent.map((result) => result.get({ timeout: '10s' }));
    await storeThird(1);
    await Promise.all(waiting.filter((_, index) => index % 3 < 2));
    await storeThird(2);

    expect(await Promise.all(waiting)).toEqual(sent.map((_, index) => index));
  });

  it('misses none of many that are stored right away, one by one', async () => {
    const run = async (n: number): Promise<unknown> => {
      const result = await client.send<number>('proj.add', [n]);
      const stored = worker.storeResults([record(result.id, { result: String(n) })]);
      const value = await result.get({ timeout: '10s' });
      await stored;
      return value;
    };

    for (let round = 0; round < 20; round++) {
      const numbers = Array.from({ length: 25 }, (_, index) => round * 25 + index);
      expect(await Promise.all(numbers.map(run))).toEqual(numbers);
    }
  });

  it('tells of each state as it is stored', async () => {
    const result = await client.send('proj.add');
    const updates: TaskUpdate[] = [];
    const subscription = result.updates$.subscribe((update) => updates.push(update));
    await until(() => updates.length === 1, { withinMs: 10_000, what: 'the present state' });

    await worker.storeResults([record(result.id, { status: 'STARTED', result: '{"pid": 1}' })]);
    await worker.storeResults([record(result.id, { status: 'PROGRESS', result: '{"done": 3}' })]);
    await worker.storeResults([record(result.id, { result: '"end"' })]);

    await until(() => subscription.closed, { withinMs: 10_000, what: 'the last state' });
    expect(updates.map(({ state, info }) => [state, info])).toEqual([
      ['PENDING', undefined],
      ['STARTED', { pid: 1 }],
      ['PROGRESS', { done: 3 }],
      ['SUCCESS', 'end'],
    ]);
  });

  it('fails with what is wrong when somebody stores what cannot be read, and waits on for the others', async () => {
    const results = ['good', 'stored', 'later'].map((id) => client.result<number>(id));
    const keyOf = (id: string): string => `${keyPrefix}celery-task-meta-${id}`;
    await redis.set(keyOf('stored'), 'gASVnQ');
    const waiting = results.map((result) => result.get({ timeout: '10s' }).catch((error: unknown) => error));
    await waiting[1];

    await redis.publish(keyOf('good'), 'gASVnQ');
    await redis.multi().set(keyOf('later'), 'gASVnQ').publish(keyOf('later'), 'gASVnQ').exec();
    await waiting[2];
    await worker.storeResults([record('good')]);

    expect(await Promise.all(waiting)).toMatchObject([1, { code: 'TQ_DECODE' }, { code: 'TQ_DECODE' }]);
    expect(await results[0]?.state()).toBe('SUCCESS');
  });
});
