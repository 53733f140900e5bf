import { describe, expect, it, onTestFinished } from 'vitest';
import { done, setupWorker, success, traits, type WorkerRigOptions } from './worker-rig.js';

async function setup(options?: WorkerRigOptions) {
  const rig = await setupWorker(options);
  onTestFinished(async () => {
    for (const { end } of rig.pool.given) end(done('success'));
    const stopped = rig.worker.stop('cold');
    await rig.clock.advance('1m');
    await stopped;
    await rig.broker.close();
    await rig.backend.close();
  });
  return rig;
}

/** A rig whose worker runs, and jobs in its pool. */
async function running(count: number, options?: WorkerRigOptions) {
  const rig = await setup(options);
  await rig.worker.start();
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await rig.publish());
  await rig.settled();
  return { ...rig, ids };
}

const givenBack = () => done('rejected', { requeue: true, error: 'given back' });

describe('a revocation', () => {
  it('reaches what has not begun', async () => {
    const { broker, pool, ids, stateOf, settled, stats } = await running(2);
    pool.given[0]?.begin();

    await broker.revocations?.revoke(ids, 60_000);
    await settled();

    expect([await stateOf(ids[0]!), await stateOf(ids[1]!)]).toEqual([undefined, 'REVOKED']);
    expect(await stats()).toMatchObject({ held: 1, waiting: 0 });
  });

  it('stores nothing of a task whose result is ignored', async () => {
    const { worker, broker, publish, stateOf, settled, stats } = await setup();
    const id = await publish({ ignoreResult: true });
    await worker.start();
    await settled();

    await broker.revocations?.revoke([id], 60_000);
    await settled();

    expect(await stateOf(id)).toBeUndefined();
    expect(await stats()).toMatchObject({ held: 0, waiting: 0 });
  });
});

describe('a termination', () => {
  it('ends what runs, which is then stored as revoked, with what Celery writes', async () => {
    const { worker, pool, ids, settled, backend, stats, logged, told } = await running(1);
    pool.given[0]?.begin();

    const found = worker.controls.terminate([ids[0]!, 'elsewhere'], 'SIGKILL');
    const { cancellation } = pool.given[0]!.options;
    pool.given[0]?.end({ as: 'terminated', signal: 'SIGKILL' });
    await settled();

    expect([found, cancellation?.termination]).toEqual([ids, 'SIGKILL']);
    const meta = (await backend.fetch(ids))[0];
    expect(meta).toMatchObject({ status: 'REVOKED', traceback: null });
    expect(meta?.result).toMatchObject({ exc_type: 'TaskRevokedError', exc_message: ['terminated'] });
    expect(await stats()).toMatchObject({ held: 0, waiting: 0 });
    expect(logged).toContain(`warn Task a[${ids[0]}] was terminated (SIGKILL)`);
    expect(told).toContain(`terminated ${ids[0]} by SIGKILL`);
  });

  it('of one acknowledged early is stored too', async () => {
    const { worker, pool, ids, settled, stateOf } = await running(1, { tasks: [traits({ acksLate: false })] });
    pool.given[0]?.begin();

    worker.controls.terminate(ids);
    pool.given[0]?.end({ as: 'terminated', signal: 'SIGTERM' });
    await settled();

    expect(await stateOf(ids[0]!)).toBe('REVOKED');
  });

  it('comes by the store, keeps what has not begun from beginning, and lets what ended in time count', async () => {
    const { broker, pool, ids, settled, stateOf } = await running(2);
    pool.given[0]?.begin();

    await broker.revocations?.revoke(ids, 60_000, { as: 'terminate', signal: 'SIGTERM' });
    pool.given[0]?.end(done('success', { records: [success(ids[0]!)] }));
    await settled();

    expect([await stateOf(ids[0]!), await stateOf(ids[1]!)]).toEqual(['SUCCESS', 'REVOKED']);
  });
});

describe('a cancel', () => {
  it('aborts the signal of what runs, which is stored as revoked when it gives up', async () => {
    const { broker, pool, ids, settled, backend, stats, logged } = await running(1);
    pool.given[0]?.begin();

    await broker.revocations?.revoke(ids, 60_000, { as: 'cancel' });
    const { cancellation } = pool.given[0]!.options;
    pool.given[0]?.end(givenBack());
    await settled();

    expect(cancellation?.reason).toMatchObject({ name: 'TaskRevokedError', reason: 'cancelled' });
    expect(cancellation?.termination).toBeUndefined();
    expect((await backend.fetch(ids))[0]?.result).toMatchObject({ exc_message: ['cancelled'] });
    expect(await stats()).toMatchObject({ held: 0, waiting: 0 });
    expect(logged).toContain(`log Task a[${ids[0]}] was cancelled while it ran`);
  });

  it('lets a body that goes on end as it will', async () => {
    const { worker, pool, ids, settled, stateOf } = await running(1);
    pool.given[0]?.begin();

    expect(worker.controls.cancel(ids)).toEqual(ids);
    pool.given[0]?.end(done('success', { records: [success(ids[0]!)] }));
    await settled();

    expect(await stateOf(ids[0]!)).toBe('SUCCESS');
  });

  it('does not keep one that was given back at its own wish', async () => {
    const { pool, settled, stats } = await running(1);
    pool.given[0]?.begin();

    pool.given[0]?.end(givenBack());
    await settled();

    expect(await stats()).toMatchObject({ held: 1 });
    expect(pool.given).toHaveLength(2);
  });
});

describe('a revocation of a workflow', () => {
  it('reaches what has its root or its group, waiting, running or sent later', async () => {
    const { worker, broker, publish, pool, stateOf, settled } = await setup();
    await worker.start();
    const begun = await publish({ lineage: { rootId: 'r', parentId: undefined } });
    await settled();
    pool.given[0]?.begin();
    const waiting = await publish({ lineage: { rootId: 'r', parentId: undefined } });
    const member = await publish({ groupId: 'r' });
    const other = await publish({ lineage: { rootId: 'other', parentId: undefined }, groupId: 'other' });
    await settled();

    await broker.revocations?.revoke(['workflow:r'], 60_000, { as: 'cancel' });
    await settled();
    expect(pool.given[0]?.options.cancellation?.reason).toMatchObject({ reason: 'cancelled' });
    pool.given[0]?.end(givenBack());
    const late = await publish({ lineage: { rootId: 'r', parentId: undefined } });
    await settled();

    const states = await Promise.all([begun, waiting, member, late, other].map((id) => stateOf(id)));
    expect(states).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'REVOKED', undefined]);
  });
});
