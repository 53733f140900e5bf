import { describe, expect, it } from 'vitest';
import { ClusterState, type ReceivedEvent } from '../../../lib/events/index.js';
import { EnvelopeMessage, readEvents } from '../../../lib/protocol/index.js';
import { VirtualClock } from '../../../lib/time/index.js';
import { readVector, readVectors } from '../../fixtures/wire/vectors.js';

function setup(options = {}) {
  const clock = new VirtualClock();
  const state = new ClusterState(clock, options);
  /** An event that comes now; fields as on the wire. */
  const tell = (type: string, fields: Record<string, unknown> = {}): void => {
    const head = { type, hostname: 'w@h', timestamp: clock.now() / 1_000, utcoffset: 0, pid: 7, clock: 1 };
    const [event] = readEvents({ ...head, ...fields }, (error) => {
      throw error;
    });
    state.apply({ ...event, receivedMs: clock.now() } as ReceivedEvent);
  };
  return { clock, state, tell };
}

describe('the workers of ClusterState', () => {
  it('live for twice the time between their heartbeats', async () => {
    const { clock, state, tell } = setup();
    tell('worker-online', { freq: 2, active: 1, processed: 5, sw_ident: 'py-celery', sw_ver: '5', sw_sys: 'Linux' });

    await clock.advance(3_999);
    expect(state.aliveWorkers()).toMatchObject([
      { hostname: 'w@h', isAlive: true, pid: 7, intervalMs: 2_000, active: 1, processed: 5, software: 'py-celery' },
    ]);
    await clock.advance(1);

    expect(state.worker('w@h')?.isAlive).toBe(false);
    expect(state.forgetLost()).toEqual(['w@h']);
    expect(state.workers()).toEqual([]);
  });

  it('are gone once they say so', () => {
    const { state, tell } = setup();
    tell('worker-heartbeat', { freq: 2 });

    tell('worker-offline', { freq: 2 });

    expect(state.worker('w@h')).toBeUndefined();
  });

  it('keep what they told before when they are asked for a heartbeat', () => {
    const { state, tell } = setup();
    tell('worker-heartbeat', { freq: 2, active: 3, processed: 9 });

    tell('worker-heartbeat', { freq: 5 });

    expect(state.worker('w@h')).toMatchObject({ intervalMs: 5_000, active: 3, processed: 9 });
  });

  it('live by the events of their tasks too, and by none of a client', () => {
    const { state, tell } = setup();

    tell('task-started', { uuid: 'a' });
    tell('task-sent', { uuid: 'b', hostname: 'gen1@h' });

    expect(state.workers().map(({ hostname }) => hostname)).toEqual(['w@h']);
  });

  it('are no more than are to be kept', () => {
    const { state, tell } = setup({ mostWorkers: 2 });

    for (const hostname of ['1', '2', '3']) tell('worker-heartbeat', { hostname });

    expect(state.workers().map(({ hostname }) => hostname)).toEqual(['2', '3']);
  });
});

describe('the tasks of ClusterState', () => {
  it('go their way', async () => {
    const { clock, state, tell } = setup();
    const startMs = clock.now();
    tell('task-sent', { uuid: 'a', hostname: 'gen1@h', name: 't', args: '(1,)', queue: 'q', routing_key: 'q' });
    tell('task-received', { uuid: 'a', name: 't', args: '(1,)', kwargs: '{}', retries: 1 });
    await clock.advance(5);
    tell('task-started', { uuid: 'a' });
    tell('task-succeeded', { uuid: 'a', result: '2', runtime: 0.5 });

    expect(state.task('a')).toMatchObject({
      id: 'a',
      state: 'SUCCESS',
      name: 't',
      args: '(1,)',
      kwargs: '{}',
      retries: 1,
      queue: 'q',
      result: '2',
      runtimeMs: 500,
      client: 'gen1@h',
      worker: 'w@h',
      sentMs: startMs,
      receivedMs: startMs,
      startedMs: startMs + 5,
      succeededMs: startMs + 5,
    });
  });

  it('are not taken back by an event that comes late', () => {
    const { state, tell } = setup();
    tell('task-succeeded', { uuid: 'a', result: '2' });
    tell('task-started', { uuid: 'a' });
    tell('task-received', { uuid: 'a', name: 't', args: '(1,)' });

    expect(state.task('a')).toMatchObject({ state: 'SUCCESS', result: '2', name: 't', args: '(1,)' });
    expect(state.task('a')?.startedMs).toBeDefined();
  });

  it('come back from a retry', () => {
    const { state, tell } = setup();
    for (const type of ['task-started', 'task-retried', 'task-received']) tell(type, { uuid: 'a' });

    expect(state.task('a')?.state).toBe('RECEIVED');
  });

  it('have states of an application of their own', () => {
    const { state, tell } = setup();
    tell('task-started', { uuid: 'a' });
    tell('task-halfway', { uuid: 'a' });
    tell('task-nameless', {});

    expect(state.task('a')?.state).toBe('HALFWAY');
    expect(state).toMatchObject({ eventCount: 3, taskCount: 1 });
  });

  it('are listed, those heard of last first, by name, state and worker', () => {
    const { state, tell } = setup();
    tell('task-received', { uuid: 'a', name: 'x' });
    tell('task-received', { uuid: 'b', name: 'y' });
    tell('task-failed', { uuid: 'c', exception: 'E()', hostname: 'other@h' });
    const ids = (filter?: Parameters<typeof state.tasks>[0]) => state.tasks(filter).map(({ id }) => id);

    expect(ids()).toEqual(['c', 'b', 'a']);
    expect([ids({ name: 'x' }), ids({ state: 'RECEIVED' }), ids({ worker: 'other@h' })]).toEqual([
      ['a'],
      ['b', 'a'],
      ['c'],
    ]);
  });

  it('are no more than are to be kept', () => {
    const { state, tell } = setup({ mostTasks: 2 });

    for (const uuid of ['a', 'b', 'c']) tell('task-started', { uuid });

    expect(state.tasks().map(({ id }) => id)).toEqual(['c', 'b']);
  });
});

it.each(['events-redis', 'celery-5.2.6/events-redis'])('ends as Celery was recorded to: %s', (file) => {
  const { state, clock } = setup();
  const raws = readVectors(file).flatMap(({ events }) => (events ?? []) as readonly { readonly raw: string }[]);
  const refuse = (error: Error): never => {
    throw error;
  };
  for (const { raw } of raws) {
    const events = readEvents(JSON.parse(String(new EnvelopeMessage(raw).body)), refuse);
    for (const event of events) state.apply({ ...event, receivedMs: clock.now() } as ReceivedEvent);
  }

  const stateOf = (vector: string): string | undefined => {
    const [first] = readVector(file, vector)['events'] as readonly { readonly raw: string }[];
    const [event] = readEvents(JSON.parse(String(new EnvelopeMessage(first?.raw ?? '').body)), refuse);
    return state.task(event !== undefined && 'id' in event ? event.id : '')?.state;
  };
  expect(
    Object.fromEntries(
      ['success', 'failure', 'retry', 'expired', 'eta', 'unregistered', 'terminate'].map((name) => [
        name,
        stateOf(name),
      ]),
    ),
  ).toEqual({
    success: 'SUCCESS',
    failure: 'FAILURE',
    retry: 'SUCCESS',
    expired: 'REVOKED',
    eta: 'SUCCESS',
    unregistered: 'FAILURE',
    terminate: 'REVOKED',
  });
});
