import { describe, expect, it } from 'vitest';
import { WorkerEvents } from '../../../lib/events/index.js';
import { SOFTWARE } from '../../../lib/protocol/index.js';
import { untilTick } from '../../../lib/time/index.js';
import { setupDispatcher } from './fakes.js';

function setup({ beats = true, sendsTaskEvents = false } = {}) {
  const parts = setupDispatcher();
  const { dispatcher, clock } = parts;
  const heartbeatMs = beats ? 2_000 : undefined;
  const status = { active: 1, processed: 5 };
  const events = new WorkerEvents({ dispatcher, sendsTaskEvents, heartbeatMs, status: () => status, clock });
  const types = (): unknown[] => parts.fanout.events.flatMap(([, ...each]) => each.map(({ type }) => type));
  return { ...parts, events, types };
}

describe('WorkerEvents', () => {
  it('tells that the worker lives, from its start to its end', async () => {
    const { events, clock, types, fanout } = setup();

    events.start();
    await clock.advance('5s');
    await events.close();
    await clock.advance('5s');

    expect(types()).toEqual(['worker-online', 'worker-heartbeat', 'worker-heartbeat', 'worker-offline']);
    expect(fanout.events[1]?.[1]).toMatchObject({
      freq: 2,
      active: 1,
      processed: 5,
      loadavg: [expect.any(Number), expect.any(Number), expect.any(Number)],
      sw_ident: SOFTWARE.software,
      sw_ver: SOFTWARE.softwareVersion,
      sw_sys: expect.any(String),
    });
  });

  it('gives its heartbeats when others wake the process as well', async () => {
    const { events, clock, types } = setup();
    await clock.advance(untilTick(clock, 2_000) + 700);

    events.start();
    await clock.advance(1_299);
    expect(types()).toEqual(['worker-online']);
    await clock.advance(1);
    expect(types()).toEqual(['worker-online', 'worker-heartbeat']);
    await clock.advance(2_000);
    expect(types()).toEqual(['worker-online', 'worker-heartbeat', 'worker-heartbeat']);
  });

  it('tells nothing of the worker where it has no heartbeat, but what is asked for', async () => {
    const { events, clock, types, fanout } = setup({ beats: false });

    events.start();
    events.answerHeartbeat();
    await clock.advance('5s');
    await events.close();

    expect(types()).toEqual(['worker-heartbeat']);
    expect(fanout.events[0]?.[1]).toMatchObject({ freq: 5, sw_ident: SOFTWARE.software });
    expect(fanout.events[0]?.[1]).not.toHaveProperty('active');
  });

  it('is switched on and off, and says whether that changed anything', () => {
    const { events } = setup();

    expect([events.isEnabled, events.enable(), events.enable(), events.isEnabled]).toEqual([false, true, false, true]);
    expect([events.disable(), events.disable(), events.isEnabled]).toEqual([true, false, false]);
    expect(setup({ sendsTaskEvents: true }).events.isEnabled).toBe(true);
  });

  it('sends the events of tasks in batches', async () => {
    const { events, clock, fanout } = setup();

    events.taskReceived({
      id: 'a',
      task: 't',
      retries: 0,
      rootId: undefined,
      parentId: undefined,
      etaMs: undefined,
      expiresMs: undefined,
      argsRepr: '(1,)',
      kwargsRepr: '{}',
    });
    events.taskStarted('a');
    events.taskSucceeded('a', '2', 1_500);
    events.taskFailed('b', "E('x')", 'T');
    events.taskRetried('c', 'E()', undefined);
    events.taskRevoked('d', { terminated: true, signal: 9 });
    events.taskRejected('e', true);
    await clock.settle();

    expect(fanout.events).toMatchObject([
      [
        'task.multi',
        { type: 'task-received', uuid: 'a', name: 't', args: '(1,)', root_id: 'a', clock: 1 },
        { type: 'task-started', uuid: 'a' },
        { type: 'task-succeeded', uuid: 'a', result: '2', runtime: 1.5 },
        { type: 'task-failed', uuid: 'b', exception: "E('x')", traceback: 'T' },
        { type: 'task-retried', uuid: 'c', exception: 'E()' },
        { type: 'task-revoked', uuid: 'd', terminated: true, signum: 9, expired: false },
        { type: 'task-rejected', uuid: 'e', requeue: true },
      ],
    ]);
  });

  it('takes its part in elections', async () => {
    const { events, clock, fanout } = setup();

    events.elect('e1', 'task', { task: 'a.b' });
    events.acknowledgeElection('e1');
    await clock.settle();

    expect(fanout.events).toMatchObject([
      ['worker.elect', { type: 'worker-elect', id: 'e1', topic: 'task', action: { task: 'a.b' }, cver: 1 }],
      ['worker.elect.ack', { type: 'worker-elect-ack', id: 'e1' }],
    ]);
  });
});
