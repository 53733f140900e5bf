import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { lastValueFrom, tap } from 'rxjs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createResultBackend, type ResultBackend } from '../../../lib/backends/index.js';
import { createBroker } from '../../../lib/brokers/index.js';
import { GroupResult, TaskClient, type GroupProgress } from '../../../lib/client/index.js';
import { formatTaskMeta, groupResultTuple, taskResultTuple } from '../../../lib/protocol/index.js';
import { systemClock } from '../../../lib/time/index.js';
import { record } from '../../conformance/result-backend.bench.js';
import { runPython } from '../../tools/python-script.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { catalogOf, setupFactory } from '../../unit/client/fakes.js';
import { heapInUse } from './heap-in-use.js';

const MEMBERS = 100_000;
/** Those that end while the group is watched. */
const LATE = 20_000;
const MIB = 1024 * 1024;

describeWithServer('redis', 'results of groups in Redis', (url) => {
  let redis: Redis;
  let client: TaskClient;
  let worker: ResultBackend;

  beforeEach(async () => {
    redis = new Redis(url);
    const broker = createBroker(`memory:${randomUUID()}`);
    const messages = setupFactory({ clock: systemClock });
    const backend = createResultBackend(url);
    client = new TaskClient({ broker, backend, messages, catalog: catalogOf([]), clock: systemClock });
    worker = createResultBackend(url);
    await worker.connect();
  });
  afterEach(async () => {
    await client.close();
    await worker.close();
    await redis.flushdb();
    redis.disconnect();
  });

  function groupOf(ids: readonly string[]): GroupResult {
    const members = ids.map((id) => taskResultTuple(id));
    return client.resultFromTuple(groupResultTuple(randomUUID(), members)) as GroupResult;
  }

  function pagesOf(ids: readonly string[]): readonly (readonly string[])[] {
    return Array.from({ length: Math.ceil(ids.length / 1_000) }, (_, n) => ids.slice(n * 1_000, n * 1_000 + 1_000));
  }

  it('tells how far one of 100 000 has come while it runs, in little memory, and gives all values', async () => {
    const ids = Array.from({ length: MEMBERS }, () => randomUUID());
    for (const page of pagesOf(ids.slice(LATE))) {
      await redis.mset(
        ...page.flatMap((id) => [`celery-task-meta-${id}`, formatTaskMeta(record(id, { result: '1' }))]),
      );
    }
    const before = heapInUse();
    const group = groupOf(ids);
    const told: GroupProgress[] = [];
    const ended = lastValueFrom(group.progress$.pipe(tap((progress) => told.push(progress))));
    await until(() => told.length > 0, { withinMs: 20_000, what: 'the present state' });
    const grown = heapInUse() - before;
    for (const page of pagesOf(ids.slice(0, LATE))) {
      await worker.storeResults(page.map((id) => record(id, { result: '2' })));
    }

    expect(await ended).toEqual({ total: MEMBERS, done: MEMBERS, failed: 0 });
    expect(told[0]).toEqual({ total: MEMBERS, done: MEMBERS - LATE, failed: 0 });
    expect(told.length).toBeLessThan(LATE / 10);
    expect(grown).toBeLessThan(50 * MIB);
    const values = await group.get();
    expect([values.length, values[0], values[LATE]]).toEqual([MEMBERS, 2, 1]);
  }, 60_000);

  it('gives members as they are stored', async () => {
    const ids = Array.from({ length: 50 }, () => randomUUID());
    const order = ids.map((_, index) => (index * 7) % ids.length);
    const store = (index: number | undefined): Promise<void> | undefined =>
      index === undefined ? undefined : worker.storeResults([record(ids[index] ?? '', { result: String(index) })]);
    await store(order[0]);
    const seen: number[] = [];
    for await (const { index, value } of groupOf(ids).iterate({ timeout: '30s' })) {
      expect(value).toBe(index);
      seen.push(index);
      await store(order[seen.length]);
    }

    expect(seen).toEqual(order);
  });

  function describeSaved(python: string): void {
    it('can be restored here, and the other way round', async () => {
      const tuple = (id: string) =>
        groupResultTuple(
          id,
          [taskResultTuple('b', taskResultTuple('a')), groupResultTuple('n', [taskResultTuple('c')])],
          taskResultTuple('before'),
        );
      await (client.resultFromTuple(tuple('ours')) as GroupResult).save();

      const restored = await runPython(python, 'saved_groups.py', [url, JSON.stringify(tuple('theirs')), 'ours']);

      expect(JSON.parse(restored)).toEqual(tuple('ours'));
      expect((await client.restoreGroup('theirs'))?.toTuple()).toEqual(tuple('theirs'));
    });
  }
  describeWithServer('celery', 'one saved by the newest Celery', describeSaved);
  describeWithServer('celery-debian', "one saved by Debian's Celery", describeSaved);
});
