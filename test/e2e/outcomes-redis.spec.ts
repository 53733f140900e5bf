import { describe, expect, it, onTestFinished } from 'vitest';
import { StallTasks } from '../fixtures/apps/stall-guard/stall-guard.module.js';
import { describeWithServer } from '../tools/servers.js';
import { eventually } from './outcomes/eventually.js';
import { describeProcessOutcomes } from './outcomes/process-outcomes.suite.js';
import { openRedisRig } from './outcomes/redis-rig.js';

const LEASE_MS = 3_000;

describeWithServer('redis', 'workers on Redis', (url) => {
  describeProcessOutcomes((providers) => openRedisRig(url, providers, LEASE_MS));

  describe('a body that keeps its event loop busy for longer than the lease', () => {
    it.each(['async', 'solo'] as const)(
      'runs once on the pool %s, beside a worker that looks for the dead',
      async (pool) => {
        const rig = await openRedisRig(url, [StallTasks], LEASE_MS);
        onTestFinished(() => rig.close());
        await rig.start('stall-guard/worker', { env: { TASK_QUEUE_POOL: pool } }).ready();
        const blocking = await rig.client.for(StallTasks).blocks.delay(2.5 * LEASE_MS);
        await eventually('it runs', () => rig.runsOf(blocking.id) === 1);
        await rig.start('stall-guard/worker', { env: { TASK_QUEUE_POOL: pool } }).ready();

        const value = await blocking.get({ timeout: '30s' });

        expect(value).toBe('came to its end');
        expect(rig.runsOf(blocking.id)).toBe(1);
      },
    );
  });
});
