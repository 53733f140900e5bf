import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineTasks } from '../../fixtures/apps/engine/engine.tasks.js';
import { StallTasks } from '../../fixtures/apps/stall-guard/stall-guard.module.js';
import { describeWithServer } from '../../tools/servers.js';
import { eventually } from '../outcomes/eventually.js';
import { describeProcessOutcomes } from '../outcomes/process-outcomes.suite.js';
import { openRedisRig } from '../outcomes/redis-rig.js';

const LEASE_MS = 3_000;

describeWithServer('redis', 'workers on Redis', (url) => {
  describeProcessOutcomes((providers) => openRedisRig(url, providers, LEASE_MS), ['prefork']);

  it('hear of a revocation within a second, and cancel or terminate what runs', async () => {
    const rig = await openRedisRig(url, [EngineTasks], LEASE_MS);
    onTestFinished(() => rig.close());
    await rig.start('engine/worker', { env: { RUN_OPTIONS: '{"concurrency":2}' } }).ready();
    const tasks = rig.client.for(EngineTasks);
    const [heeding, deaf] = await Promise.all([tasks.heed.delay(), tasks.harm.delay('block')]);
    await eventually('they run', () => [heeding, deaf].every(({ id }) => rig.runsOf(id) === 1));

    await heeding.revoke({ cancel: true });
    await eventually('one has ended', () => rig.events(heeding.id).includes('end'), 1_000);
    await deaf.revoke({ terminate: true });

    const errors = await Promise.all([heeding, deaf].map((each) => each.get({ propagate: false, timeout: '30s' })));
    expect(errors).toMatchObject([{ reason: 'cancelled' }, { reason: 'terminated' }]);
    await rig.quiet();
  });

  describe('a body that keeps its event loop busy for longer than the lease', () => {
    it.each(['async', 'solo'] as const)(
      'runs once on the pool %s, beside a worker that looks for the dead',
      async (pool) => {
        const rig = await openRedisRig(url, [StallTasks], LEASE_MS);
        onTestFinished(() => rig.close());
        await rig.start('stall-guard/worker', { env: { TASK_QUEUE_POOL: pool } }).ready();
        const blocking = await rig.client.for(StallTasks).blocks.delay(1.6 * LEASE_MS);
        await eventually('it runs', () => rig.runsOf(blocking.id) === 1);
        await rig.start('stall-guard/worker', { env: { TASK_QUEUE_POOL: pool } }).ready();

        const value = await blocking.get({ timeout: '30s' });

        expect(value).toBe('came to its end');
        expect(rig.runsOf(blocking.id)).toBe(1);
      },
    );
  });
});
