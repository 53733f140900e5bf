import { describe, expect, it } from 'vitest';
import { ClusterEvents } from '../../../lib/events/index.js';
import { setupDispatcher } from './fakes.js';

function setup() {
  const parts = setupDispatcher();
  const { fanout, clock, log, logicalClock } = parts;
  const errors: unknown[] = [];
  let asked = 0;
  let connects = 0;
  const cluster = new ClusterEvents({
    connect: async () => {
      connects += 1;
      return fanout;
    },
    decode: ({ body }) => JSON.parse(String(body)) as unknown,
    askForHeartbeats: () => void (asked += 1),
    onListenerError: (error) => errors.push(error),
    clock,
    logicalClock,
    log,
  });
  /** An event that another sends. */
  const tell = (body: unknown): void => {
    const head = { hostname: 'w@h', timestamp: 1, clock: 40 };
    const text = JSON.stringify(Array.isArray(body) ? body : { ...head, ...(body as object) });
    fanout.deliver('celeryev', {
      routingKey: 'x',
      headers: {},
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      body: text,
    });
  };
  return { ...parts, cluster, tell, errors, asked: () => asked, connects: () => connects };
}

describe('ClusterEvents', () => {
  it('listens from the first subscriber to the last', async () => {
    const { cluster, fanout, clock, connects, asked } = setup();
    expect([fanout.listeners.size, connects()]).toEqual([0, 0]);

    const first = cluster.all$.subscribe();
    const second = cluster.of('task-failed').subscribe();
    await cluster.listening();
    expect([...fanout.listeners].map(({ pattern }) => pattern)).toEqual(['#']);
    expect(asked()).toBe(1);
    first.unsubscribe();
    await clock.settle();
    expect(fanout.listeners.size).toBe(1);
    second.unsubscribe();
    await clock.settle();

    expect(fanout.listeners.size).toBe(0);
    const again = cluster.all$.subscribe();
    await cluster.listening();
    expect([fanout.listeners.size, asked()]).toEqual([1, 2]);
    again.unsubscribe();
  });

  it('tells each event, when it came, and moves the logical clock past it', async () => {
    const { cluster, clock, tell, logicalClock } = setup();
    const heard: unknown[] = [];
    cluster.of('task-failed').subscribe(({ id, exception, receivedMs }) => heard.push([id, exception, receivedMs]));
    cluster.of('order-shipped').subscribe(({ fields }) => heard.push(fields));
    await cluster.listening();

    tell({ type: 'task-failed', uuid: 'a', exception: 'E()' });
    tell({ type: 'order-shipped', order: 1 });

    expect(heard).toEqual([['a', 'E()', clock.now()], { order: 1 }]);
    expect(logicalClock.value).toBe(42);
  });

  it('follows no clock of a client', async () => {
    const { cluster, tell, logicalClock } = setup();
    cluster.all$.subscribe();
    await cluster.listening();

    tell({ type: 'task-sent', uuid: 'a', clock: 5_000 });

    expect(logicalClock.value).toBe(1);
  });

  it('passes over what it cannot read, and says so', async () => {
    const { cluster, tell, logged } = setup();
    const heard: string[] = [];
    cluster.all$.subscribe(({ type }) => heard.push(type));
    await cluster.listening();

    tell([{ type: 'a-b', hostname: 'h', timestamp: 1 }, { type: 'c-d' }]);
    tell({ type: 7 });

    expect(heard).toEqual(['a-b']);
    expect(logged).toEqual([
      '! An event could not be read, and went unheard: Expected field "hostname" of an event to be a text, got undefined.',
    ]);
  });

  it('tries again while it cannot listen', async () => {
    const { cluster, fanout, clock, logged } = setup();
    fanout.problem = new Error('gone');
    cluster.all$.subscribe();
    await clock.settle();

    fanout.problem = undefined;
    await clock.advance('1s');

    expect(fanout.listeners.size).toBe(1);
    expect(logged).toEqual(['! Cannot listen to events, trying again until it can: gone']);
  });

  it('keeps what a listener throws from others', async () => {
    const { cluster, tell, errors } = setup();
    const heard: string[] = [];
    cluster.all$.subscribe(() => {
      throw new Error('mine');
    });
    cluster.all$.subscribe(({ type }) => heard.push(type));
    await cluster.listening();

    tell({ type: 'a-b' });

    expect(heard).toEqual(['a-b']);
    expect(errors).toEqual([new Error('mine')]);
  });

  it('keeps up a picture of the cluster', async () => {
    const { cluster, tell, clock } = setup();
    const { state, close } = cluster.follow();
    await cluster.listening();

    tell({ type: 'worker-online', freq: 2 });
    tell({ type: 'task-started', uuid: 'a' });

    expect(state.aliveWorkers()).toMatchObject([{ hostname: 'w@h' }]);
    expect(state.task('a')).toMatchObject({ state: 'STARTED', worker: 'w@h' });
    close();
    await clock.settle();
    tell({ type: 'task-succeeded', uuid: 'a' });
    expect(state.task('a')?.state).toBe('STARTED');
  });

  it('completes when the application ends, for those who come later too', async () => {
    const { cluster, fanout } = setup();
    const ends: string[] = [];
    cluster.all$.subscribe({ complete: () => ends.push('first') });
    await cluster.listening();

    await cluster.close();
    cluster.all$.subscribe({ complete: () => ends.push('later') });

    expect(ends).toEqual(['first', 'later']);
    expect(fanout.listeners.size).toBe(0);
  });
});
