import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineTasks } from '../fixtures/apps/engine/engine.tasks.js';
import { covers } from '../tools/matrix.js';
import { eventually } from './outcomes/eventually.js';
import { openProcessRig, type ProcessRig } from './outcomes/process-rig.js';

const soon = { timeout: '60s' } as const;

describe.each(['prefork', 'threads', 'async', 'solo'] as const)('a task on a worker of the pool %s', (pool) => {
  let rig: ProcessRig;
  beforeAll(async () => {
    rig = await openProcessRig([EngineTasks]);
    await rig.start('engine/worker', { env: { RUN_OPTIONS: JSON.stringify({ pool, concurrency: 1 }) } }).ready();
  });
  afterAll(() => rig.close());

  it('is told of its soft limit by its signal, and fails with it', async () => {
    covers(pool, 'soft limit');
    const result = await rig.client.for(EngineTasks).heed.applyAsync([], { softTimeLimit: 100 });

    expect(await result.get({ propagate: false, ...soon })).toMatchObject({ name: 'SoftTimeLimitExceeded' });
    expect(rig.runsOf(result.id)).toBe(1);
  });

  it('never begins where it was revoked while it waited', async () => {
    covers(pool, 'revoke');
    const { client } = rig;
    const running = await client.for(EngineTasks).heed.delay();
    await eventually('it runs', () => rig.runsOf(running.id) === 1);
    const waiting = await client.for(EngineTasks).burn.delay(1);

    await waiting.revoke();
    await running.revoke({ cancel: true });

    expect(await waiting.get({ propagate: false, ...soon })).toMatchObject({ name: 'TaskRevokedError' });
    expect([await waiting.state(), rig.runsOf(waiting.id)]).toEqual(['REVOKED', 0]);
  });

  it('ends when it is terminated, which leaves its place to the next', async () => {
    covers(pool, 'terminate');
    const { client } = rig;
    const result = await client.for(EngineTasks).deaf.delay('block');
    await eventually('it runs', () => rig.runsOf(result.id) === 1);

    await result.revoke({ terminate: true });

    expect(await result.get({ propagate: false, ...soon })).toMatchObject({ reason: 'terminated' });
    expect(await (await client.for(EngineTasks).burn.delay(1)).get(soon)).toMatch(/\d+\/\d+/);
  });
});
