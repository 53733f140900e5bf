import { describe, expect, it, onTestFinished } from 'vitest';
import { EventDispatcher, WorkerEvents } from '../../../lib/events/index.js';
import { LogicalClock, VirtualClock } from '../../../lib/time/index.js';
import { FakeFanout } from '../events/fakes.js';
import { done, setupWorker, traits, type WorkerRigOptions } from './worker-rig.js';

/** A worker that runs and sends events, unless it is said to send none. */
async function setup(sendsTaskEvents = true, options: WorkerRigOptions = {}) {
  const fanout = new FakeFanout();
  const clock = new VirtualClock();
  const log = { log: () => undefined, warn: () => undefined };
  const dispatcher = new EventDispatcher({
    fanout,
    hostname: 'w@h',
    pid: 7,
    clock,
    logicalClock: new LogicalClock(),
    log,
  });
  const status = (): { active: number; processed: number } => ({ active: 0, processed: 0 });
  const events = new WorkerEvents({ dispatcher, sendsTaskEvents, heartbeatMs: undefined, status, clock });
  const rig = await setupWorker({ events, ...options });
  onTestFinished(async () => {
    for (const { end } of rig.pool.given) end(done('success'));
    const stopped = rig.worker.stop('cold');
    await rig.clock.advance('1m');
    await stopped;
    await rig.broker.close();
    await rig.backend.close();
  });
  await rig.worker.start();
  /** What was told of a task, without what all events have. */
  const told = async (id: string): Promise<unknown[]> => {
    await rig.settled();
    await clock.advance(20);
    return fanout.events
      .flatMap(([, ...each]) => each)
      .filter(({ uuid }) => uuid === id)
      .map(({ hostname: _1, pid: _2, clock: _3, utcoffset: _4, timestamp: _5, uuid: _6, ...own }) => own);
  };
  const send = async (request?: Parameters<typeof rig.publish>[0]): Promise<string> => {
    const id = await rig.publish(request);
    await rig.settled();
    return id;
  };
  return { ...rig, events, fanout, told, send };
}

const shown = { exception: "ValueError('no')", traceback: 'Traceback' };

describe('what a worker tells of a task', () => {
  it('is nothing while events are off, and its child is not asked for it', async () => {
    const { send, pool, fanout } = await setup(false);

    await send();
    pool.given[0]?.begin();
    pool.given[0]?.end(done('success'));

    expect(pool.given[0]?.job.isShown).toBe(false);
    expect(fanout.sent).toEqual([]);
  });

  it('is nothing of one that declares so', async () => {
    const { send, pool, told } = await setup(true, { tasks: [traits({ sendsEvents: false })] });

    const id = await send();
    pool.given[0]?.begin();
    pool.given[0]?.end(done('success'));

    expect(await told(id)).toEqual([]);
  });

  it('is all of its way to success', async () => {
    const { send, pool, told } = await setup();

    const id = await send({ args: [1, 'x'], expiresMs: Date.UTC(2030, 0, 1) });
    pool.given[0]?.begin();
    pool.given[0]?.end(done('success', { runtimeMs: 1_500, shown: { result: "'ok'" } }));

    expect(pool.given[0]?.job.isShown).toBe(true);
    expect(await told(id)).toEqual([
      {
        type: 'task-received',
        name: 'a',
        args: "(1, 'x')",
        kwargs: '{}',
        root_id: id,
        parent_id: null,
        retries: 0,
        eta: null,
        expires: '2030-01-01T00:00:00+00:00',
      },
      { type: 'task-started' },
      { type: 'task-succeeded', result: "'ok'", runtime: 1.5 },
    ]);
  });

  it.each([
    ['failure', {}, [{ type: 'task-failed', ...shown }]],
    ['retry', {}, [{ type: 'task-retried', ...shown }]],
    [
      'rejected',
      {},
      [
        { type: 'task-failed', ...shown },
        { type: 'task-rejected', requeue: false },
      ],
    ],
    ['rejected', { requeue: true }, [{ type: 'task-rejected', requeue: true }]],
    ['undecodable', {}, [{ type: 'task-rejected', requeue: false }]],
    ['ignored', {}, []],
  ] as const)('says how it ended: %s %o', async (outcome, more, expected) => {
    const { send, pool, told } = await setup();

    const id = await send();
    pool.given[0]?.begin();
    pool.given[0]?.end(done(outcome, { shown, ...more }));

    expect((await told(id)).slice(2, 2 + expected.length)).toEqual(expected);
  });

  it('says that its process was lost, and that it goes back', async () => {
    const { send, pool, told } = await setup();

    const id = await send();
    pool.given[0]?.begin();
    pool.given[0]?.end({ as: 'lost', started: true, charged: true, reason: 'SIGKILL' });

    expect((await told(id))[2]).toEqual({ type: 'task-rejected', requeue: true });
  });

  it('says that it ran into its limit', async () => {
    const { send, pool, told } = await setup();

    const id = await send();
    pool.given[0]?.begin();
    pool.given[0]?.end({ as: 'time-limit', limitMs: 3_000 });
    await told(id);
    pool.given[1]?.end(done('failure'));

    expect((await told(id)).slice(2)).toEqual([
      {
        type: 'task-failed',
        exception: expect.stringContaining('TimeLimitExceeded(') as string,
        traceback: expect.any(String) as string,
      },
    ]);
  });

  it('says of one that expired or was revoked before it came no more than that', async () => {
    const { send, told, worker } = await setup();
    worker.controls.cancel(['revoked-1']);

    const expired = await send({ expiresMs: 1 });
    await send({ id: 'revoked-1' });

    expect(await told(expired)).toEqual([{ type: 'task-revoked', terminated: false, signum: null, expired: true }]);
    expect(await told('revoked-1')).toEqual([
      { type: 'task-revoked', terminated: false, signum: null, expired: false },
    ]);
  });

  it('says by which signal it was ended', async () => {
    const { send, told, worker, pool } = await setup();

    const id = await send();
    pool.given[0]?.begin();
    worker.controls.terminate([id], 'SIGKILL');
    pool.given[0]?.end({ as: 'terminated', signal: 'SIGKILL' });

    expect((await told(id)).slice(2)).toEqual([{ type: 'task-revoked', terminated: true, signum: 9, expired: false }]);
  });

  it('says that nobody knows it, without a traceback', async () => {
    const { send, told } = await setup();

    const id = await send({ task: 'no.such.task' });

    expect(await told(id)).toEqual([{ type: 'task-failed', exception: "NotRegistered('no.such.task')" }]);
  });

  it('is said of what is received after events were switched on, and of nothing after they were switched off', async () => {
    const { send, told, events, pool } = await setup(false);
    const before = await send();
    events.enable();
    const during = await send();
    for (const { begin } of pool.given) begin();
    events.disable();
    const after = await send();
    for (const { end } of pool.given) end(done('success', { shown: { result: '1' } }));

    expect(await told(before)).toEqual([]);
    expect(await told(during)).toHaveLength(3);
    expect(await told(after)).toEqual([]);
  });
});
