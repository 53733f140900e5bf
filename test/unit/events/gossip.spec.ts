import { describe, expect, it, onTestFinished } from 'vitest';
import { Gossip, WorkerEvents } from '../../../lib/events/index.js';
import { EventDispatcher } from '../../../lib/events/event-dispatcher.js';
import { LogicalClock, VirtualClock } from '../../../lib/time/index.js';
import { FakeFanout } from './fakes.js';

/** Workers of one broker, and what each did as a leader. */
async function setup(names: readonly string[]) {
  const fanout = new FakeFanout();
  const clock = new VirtualClock();
  const led: string[] = [];
  const logged: string[] = [];
  const note = (line: string): void => void logged.push(line);
  const log = { log: note, warn: (line: string) => note(`! ${line}`) };
  const workers = names.map((hostname, index) => {
    const logicalClock = new LogicalClock();
    const dispatcher = new EventDispatcher({ fanout, hostname, pid: index, clock, logicalClock, log });
    const status = () => ({ active: 0, processed: 0 });
    const events = new WorkerEvents({ dispatcher, sendsTaskEvents: false, heartbeatMs: 2_000, status, clock });
    const task = async (action: unknown): Promise<void> => {
      led.push(`${hostname} ${String(action)}`);
      if (action === 'fails') throw new Error('no');
    };
    const decode = ({ body }: { body: unknown }) => JSON.parse(String(body)) as unknown;
    const gossip = new Gossip({
      hostname,
      pid: index,
      connect: async () => fanout,
      decode,
      events,
      topics: new Map([['task', task]]),
      clock,
      logicalClock,
      log,
    });
    return { events, gossip };
  });
  for (const { gossip } of workers) gossip.start();
  await clock.settle();
  for (const { events } of workers) events.start();
  await clock.advance('1s');
  onTestFinished(async () => {
    for (const { gossip } of workers) await gossip.close();
  });
  const hold = async (topic = 'task', action = 'x'): Promise<void> => {
    for (const { gossip } of workers) gossip.hold('e', topic, action);
    await clock.advance('1s');
  };
  return { fanout, clock, led, logged, workers, hold };
}

describe('an election', () => {
  it.each([1, 2, 3, 5])('has one leader among %i', async (count) => {
    const { hold, led, fanout } = await setup(['d@h', 'a@h', 'c@h', 'b@h', 'e@h'].slice(0, count));

    await hold();

    expect(led).toHaveLength(1);
    expect(fanout.events.filter(([key]) => key === 'worker.elect')).toHaveLength(count);
    expect(fanout.events.filter(([key]) => key === 'worker.elect.ack')).toHaveLength(count * count);
  });

  it('is acknowledged by one that does not hold it, and led by none', async () => {
    const { fanout, clock, led } = await setup(['a@h']);
    const event = { type: 'worker-elect', hostname: 'other@h', pid: 1, timestamp: 1, clock: 1, id: 'e', topic: 'task' };
    const message = {
      headers: {},
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      body: JSON.stringify(event),
    };

    fanout.deliver('celeryev', { routingKey: 'worker.elect', ...message });
    await clock.advance('1s');

    expect(fanout.events.filter(([key]) => key === 'worker.elect.ack')).toMatchObject([
      ['worker.elect.ack', { id: 'e' }],
    ]);
    expect(led).toEqual([]);
  });

  it('waits for candidates that are told of after acknowledgements enough', async () => {
    const { fanout, clock, led, workers } = await setup(['b@h']);
    const tell = (type: string, more: object): void => {
      const event = { type, hostname: 'a@h', pid: 1, timestamp: 1, clock: 0, id: 'e', ...more };
      const body = JSON.stringify(event);
      const message = { headers: {}, contentType: 'application/json', contentEncoding: 'utf-8', body };
      fanout.deliver('celeryev', { routingKey: type.replaceAll('-', '.'), ...message });
    };
    workers[0]?.gossip.hold('e', 'task', 'x');
    await clock.settle();

    tell('worker-elect-ack', {}); // Python's come at once
    tell('worker-elect', { topic: 'task', action: 'x' }); // it goes before
    await clock.advance('1s');

    expect(led).toEqual([]);
  });

  it('of a topic that nobody knows, or whose leader fails, is told', async () => {
    const { hold, logged, clock } = await setup(['a@h']);

    await hold('lunch');
    await hold('task', 'fails');
    await clock.settle();

    expect(logged).toContain('! Elected for "e", whose topic "lunch" nobody here knows');
    expect(logged).toContain('! Could not do what election "e" was for: no');
  });
});

describe('Gossip', () => {
  it('tells who is lost, and not who has left', async () => {
    const { workers, logged, clock } = await setup(['a@h', 'b@h', 'c@h']);
    workers[1]?.events.announceEnd();
    // the third one is silent from now on
    await workers[2]?.gossip.close();
    const third = workers[2]?.events as unknown as { timer: { cancel(): void } } | undefined;
    third?.timer.cancel();
    await clock.advance('10s');

    expect(new Set(logged)).toEqual(new Set(['Missed the heartbeat of c@h']));
  });
});
