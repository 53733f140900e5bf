import { randomUUID } from 'node:crypto';
import type { Type } from '@nestjs/common';
import type { ApplyAsyncOptions } from 'nest-task-queue';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EarlyTasks, LateTasks, type WayToDie } from '../../fixtures/apps/outcomes/outcomes.tasks.js';
import { eventually } from './eventually.js';
import type { ProcessRig, StartedWorker } from './process-rig.js';

const soon = { timeout: '30s' } as const;

/** Sends a task of a column with a link and an errback that note that they ran. */
function sender({ client, rawEvents }: ProcessRig, column: 'late' | 'early') {
  const id = randomUUID();
  const followed = client.for(LateTasks).followed;
  const send = (task: string, args: readonly unknown[] = [], more: ApplyAsyncOptions = {}) =>
    client.send(`${column}.${task}`, args, {
      taskId: id,
      link: followed.si(`link ${id}`),
      linkError: followed.si(`errback ${id}`),
      ...more,
    });
  const followers = () =>
    rawEvents()
      .map(({ what }) => /^followed:(\w+) (.*)$/.exec(what))
      .flatMap((match) => (match?.[2] === id ? [match[1]] : []));
  return { id, send, followers };
}

/** Waits until all is done and says what came of a task. */
async function endingOf(rig: ProcessRig, id: string, followers: () => readonly unknown[]) {
  const result = rig.client.result(id);
  const value = await result.get({ propagate: false, ...soon });
  await rig.quiet();
  const letters = await rig.client.deadLetters.list('celery');
  return {
    state: await result.state(),
    value: value instanceof Error ? value.name : value,
    runs: rig.runsOf(id),
    followers: followers(),
    dead: letters.filter(({ message }) => message.headers['id'] === id).map(({ reason }) => reason),
  };
}

/** Opens a rig on a store of its own. */
type OpenRig = (providers: readonly Type[]) => Promise<ProcessRig>;

/** The outcome table where bodies, or whole workers, die with their processes; on any store that outlives them. */
export function describeProcessOutcomes(open: OpenRig, pools: readonly ('prefork' | 'threads')[]): void {
  describe.each(pools)('the outcome table on the pool %s', (pool) => {
    let rig: ProcessRig;
    let worker: StartedWorker;

    beforeAll(async () => {
      rig = await open([LateTasks, EarlyTasks]);
      worker = rig.start('outcomes/worker', { env: { TASK_QUEUE_POOL: pool, TASK_QUEUE_CONCURRENCY: '2' } });
      await worker.ready();
    });
    afterAll(() => rig.close());

    const ways: readonly WayToDie[] =
      pool === 'prefork' ? ['exit', 'kill', 'uncaught', 'unhandled'] : ['exit', 'uncaught', 'unhandled'];

    it.each(['late', 'early'] as const)(
      'acknowledged %s, hard limit: it fails, and the pool goes on',
      async (column) => {
        const { id, send, followers } = sender(rig, column);

        await send('spins');

        expect(await endingOf(rig, id, followers)).toEqual({
          state: 'FAILURE',
          value: 'TimeLimitExceeded',
          runs: 1,
          followers: ['errback'],
          dead: [],
        });
        expect(await (await rig.client.for(LateTasks).returns.delay('next')).get(soon)).toBe('next');
      },
    );

    it('acknowledged late, hard limit with acksOnTimeout off: it runs again', async () => {
      const { id, send, followers } = sender(rig, 'late');

      await send('spins_once');

      const value = 'redelivered: true';
      expect(await endingOf(rig, id, followers)).toEqual({
        state: 'SUCCESS',
        value,
        runs: 2,
        followers: ['link'],
        dead: [],
      });
    });

    it('acknowledged early, hard limit with acksOnTimeout off: it fails all the same', async () => {
      const { id, send, followers } = sender(rig, 'early');

      await send('spins_once');

      const value = 'TimeLimitExceeded';
      expect(await endingOf(rig, id, followers)).toEqual({
        state: 'FAILURE',
        value,
        runs: 1,
        followers: ['errback'],
        dead: [],
      });
    });

    it.each(ways)('acknowledged late, its child died (%s): it runs again', async (way) => {
      const { id, send, followers } = sender(rig, 'late');

      await send('dies', [way, 1]);

      const value = 'redelivered: true';
      expect(await endingOf(rig, id, followers)).toEqual({
        state: 'SUCCESS',
        value,
        runs: 2,
        followers: ['link'],
        dead: [],
      });
    });

    it.each(ways)('acknowledged early, its child died (%s): it fails', async (way) => {
      const { id, send, followers } = sender(rig, 'early');

      await send('dies', [way, 1]);

      const value = 'WorkerLostError';
      expect(await endingOf(rig, id, followers)).toEqual({
        state: 'FAILURE',
        value,
        runs: 1,
        followers: ['errback'],
        dead: [],
      });
    });

    it('acknowledged late, its child died each time: it is dead-lettered the third time, and its neighbours are not charged', async () => {
      const { id, send, followers } = sender(rig, 'late');
      const { returns } = rig.client.for(LateTasks);

      const before = await Promise.all(Array.from({ length: 10 }, () => returns.delay('well')));
      await send('dies', ['exit', 99]);
      const after = await Promise.all(Array.from({ length: 10 }, () => returns.delay('well')));

      expect(await endingOf(rig, id, followers)).toEqual({
        state: 'FAILURE',
        value: 'WorkerLostError',
        runs: 3,
        followers: ['errback'],
        dead: ['delivery_limit'],
      });
      const values = await Promise.all([...before, ...after].map((result) => result.get(soon)));
      expect(new Set(values)).toEqual(new Set(['well']));
      expect([...before, ...after].map((result) => rig.runsOf(result.id))).toEqual(Array<number>(20).fill(1));
    });

    it('is still served by the worker that was started first', () => {
      expect(worker.isOver).toBe(false);
    });
  });

  describe('the outcome table, the worker died', () => {
    async function setup() {
      const rig = await open([LateTasks, EarlyTasks]);
      onTestFinished(() => rig.close());
      const startAsync = async (): Promise<StartedWorker> => {
        const worker = rig.start('outcomes/worker', { env: { TASK_QUEUE_POOL: 'async' } });
        await worker.ready();
        return worker;
      };
      return { rig, startAsync };
    }

    it.each(['prefork', 'threads', 'async'])('acknowledged late on %s: another worker runs it', async (pool) => {
      const { rig, startAsync } = await setup();
      const { id, send, followers } = sender(rig, 'late');
      const worker = rig.start('outcomes/worker', { env: { TASK_QUEUE_POOL: pool, TASK_QUEUE_CONCURRENCY: '1' } });
      await worker.ready();

      await send('stays');
      await eventually('it runs', () => rig.runsOf(id) === 1);
      await startAsync();
      worker.signal('SIGKILL');

      const value = 'redelivered: true';
      expect(await endingOf(rig, id, followers)).toEqual({
        state: 'SUCCESS',
        value,
        runs: 2,
        followers: ['link'],
        dead: [],
      });
    });

    it('acknowledged early: it is lost, as asked for', async () => {
      const { rig, startAsync } = await setup();
      const { id, send, followers } = sender(rig, 'early');
      const worker = await startAsync();

      await send('stays');
      await eventually('it runs', () => rig.runsOf(id) === 1);
      worker.signal('SIGKILL');
      await worker.ended;
      await startAsync();
      await (await rig.client.for(LateTasks).returns.delay('next')).get(soon);
      await rig.quiet();

      expect([await rig.client.result(id).state(), rig.runsOf(id), followers()]).toEqual(['PENDING', 1, []]);
    });
  });

  describe('the outcome table, a body that blocks the loop of an async worker beyond its hard limit', () => {
    it('fails, and what ran beside it runs again in the next worker', async () => {
      const rig = await open([LateTasks, EarlyTasks]);
      onTestFinished(() => rig.close());
      const env = { TASK_QUEUE_POOL: 'async' };
      const worker = rig.start('outcomes/worker', { env });
      await worker.ready();

      const neighbour = await rig.client.for(LateTasks).stays.delay();
      await eventually('the neighbour runs', () => rig.runsOf(neighbour.id) === 1);
      const spinning = await rig.client.for(LateTasks).spins.delay();
      const error = await spinning.get({ propagate: false, ...soon });
      const end = await worker.ended;
      await rig.start('outcomes/worker', { env }).ready();

      expect(error).toMatchObject({ name: 'TimeLimitExceeded' });
      expect(end.signal).toBe('SIGKILL');
      expect(worker.stderr()).toContain('blocked the event loop beyond its time limit of 400 ms');
      expect([await neighbour.get(soon), rig.runsOf(neighbour.id), rig.runsOf(spinning.id)]).toEqual([
        'redelivered: true',
        2,
        1,
      ]);
    });
  });
}
