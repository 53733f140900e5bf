import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AsyncResult } from 'nest-task-queue';
import { expect, it, onTestFinished } from 'vitest';
import { LateTasks } from '../../fixtures/apps/outcomes/outcomes.tasks.js';
import { Connection, ShutdownTasks } from '../../fixtures/apps/shutdown/shutdown.module.js';
import { lookInto, startOwnServer } from '../../integration/redis/own-server.js';
import { describeWithServer } from '../../tools/servers.js';
import { eventually } from '../outcomes/eventually.js';
import { openProcessRig } from '../outcomes/process-rig.js';

const LEASE_MS = 3_000;
const soon = { timeout: '30s' } as const;
const pad = 'x'.repeat(50_000);

async function setup() {
  const server = await startOwnServer();
  const rig = await openProcessRig([Connection, LateTasks, ShutdownTasks], { url: server.url, leaseMs: LEASE_MS });
  onTestFinished(() => rig.close());
  const gates = path.join(rig.folder, 'gates');
  mkdirSync(gates);
  process.env['GATES'] = gates; // for workers in this process
  const late = rig.client.for(LateTasks);
  const redis = lookInto(server.url);
  const empty = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  return {
    ...rig,
    server,
    late,
    gated: rig.client.for(ShutdownTasks).gated,
    redis,
    /** So much may be in the server beyond what it needs for itself. */
    limit: (mebibytes: number) => redis.config('SET', 'maxmemory', String(empty + mebibytes * 2 ** 20)),
    open: (gate: string) => writeFileSync(path.join(gates, gate), ''),
    startWorker: async (app: string, pool: string) => {
      const worker = rig.start(app, {
        env: { TASK_QUEUE_POOL: pool, TASK_QUEUE_CONCURRENCY: '1', GATES: gates },
      });
      await worker.ready();
      return worker;
    },
    /** Sends until the server refuses; the results of what it took. */
    fill: async (queue = 'celery'): Promise<readonly AsyncResult<void>[]> => {
      const sent: AsyncResult<void>[] = [];
      for (;;) {
        try {
          sent.push(await late.followed.applyAsync([pad], { queue }));
        } catch (error) {
          expect(error).toMatchObject({ code: 'TQ_REDIS_COMMAND' });
          expect(String(error)).toMatch(/the server is full \("maxmemory"\).*let workers drain it/);
          return sent;
        }
      }
    },
  };
}

describeWithServer('redis', 'a worker on a full Redis', () => {
  it.each(['prefork', 'async'])('drains it on %s, loses and repeats nothing, and all is well again', async (pool) => {
    const { limit, fill, late, startWorker, events, client, quiet } = await setup();
    await limit(6);
    const sent = await fill();
    await limit(2); // so that it is full until most is gone

    await startWorker('outcomes/worker', pool);
    const states = await Promise.all(sent.map((result) => result.get(soon).then(() => result.state())));

    expect(sent.length).toBeGreaterThan(20);
    expect(new Set(states)).toEqual(new Set(['SUCCESS']));
    expect(sent.map(({ id }) => events(id).length)).toEqual(sent.map(() => 1));
    await quiet();
    expect(await client.queues.stats('celery')).toMatchObject({ waiting: 0, held: 0, parked: 0, dead: 0 });
    await limit(6); // buffers of connections take their time to go
    expect(await (await late.returns.delay('well')).get(soon)).toBe('well');
  });

  it('stores the outcome of what runs when it becomes full, and sends what follows', async () => {
    const { redis, limit, fill, gated, open, startWorker, runsOf, client } = await setup();
    await startWorker('shutdown/worker', 'prefork');
    const result = await gated.applyAsync(['first'], { link: gated.s().set({ taskId: 'next' }) });
    await eventually('it runs', () => runsOf(result.id) === 1);
    await limit(6);
    await fill('pile');
    await limit(4); // so that it stays full, whatever buffers of connections are given back

    open('first');
    const value = await result.get(soon);
    open(value); // what follows waits for a gate of that name

    expect(await client.result('next').get(soon)).toBe('redelivered: false');
    expect(await redis.set('anything', pad).catch(String)).toContain('OOM');
  });
});

describeWithServer('redis', 'a worker that is to end while Redis takes no outcomes', () => {
  it.each([
    [
      'is a replica that may not be written to',
      async ({ redis }: Rig) => void (await redis.call('REPLICAOF', '127.0.0.1', '1')),
      async ({ redis }: Rig) => void (await redis.call('REPLICAOF', 'NO', 'ONE')),
    ],
    ['stands still', ({ server }: Rig) => server.kill('SIGSTOP'), ({ server }: Rig) => server.kill('SIGCONT')],
  ])('ends and says what it leaves, which runs again: it %s', async (_, begin, end) => {
    const rig = await setup();
    const { gated, open, startWorker, startHere, runsOf } = rig;
    const worker = await startWorker('shutdown/worker', 'prefork');
    const result = await gated.delay('gate');
    await eventually('it runs', () => runsOf(result.id) === 1);
    await begin(rig);

    worker.signal('SIGTERM');
    open('gate');
    const ending = await worker.ended;
    await end(rig);
    await startHere();

    expect(ending).toEqual({ code: 0, signal: null });
    expect(worker.stderr() + worker.stdout()).toContain(
      `The worker ends with 1 message unsettled: gated[${result.id}]`,
    );
    expect(await result.get(soon)).toBe('redelivered: true');
    expect(runsOf(result.id)).toBe(2);
  });
});

type Rig = Awaited<ReturnType<typeof setup>>;
