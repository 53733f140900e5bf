import { describe, expect, it } from 'vitest';
import { taskMembers } from '../../../lib/protocol/index.js';
import { setupDispatcher } from './fakes.js';

const idsOf = (events: readonly (readonly unknown[])[]): readonly string[] =>
  events.map(
    ([key, ...bodies]) => `${String(key)} ${bodies.map((body) => (body as { uuid?: string }).uuid).join(' ')}`,
  );

describe('EventDispatcher', () => {
  it('sends an event with all that Celery writes into one', async () => {
    const { dispatcher, fanout, clock } = setupDispatcher();

    dispatcher.send('order-shipped', '"order":1,');
    await dispatcher.flush();

    expect(fanout.sent).toEqual([
      {
        exchange: 'celeryev',
        message: {
          routingKey: 'order.shipped',
          headers: { hostname: 'w@h' },
          contentType: 'application/json',
          contentEncoding: 'utf-8',
          body: expect.any(String) as string,
        },
      },
    ]);
    expect(fanout.events[0]?.[1]).toEqual({
      type: 'order-shipped',
      hostname: 'w@h',
      pid: 7,
      clock: 1,
      utcoffset: Math.floor(new Date(clock.now()).getTimezoneOffset() / 60),
      timestamp: clock.now() / 1_000,
      order: 1,
    });
  });

  it('sends the events of tasks that come in one turn as one message', async () => {
    const { dispatcher, fanout, clock } = setupDispatcher();

    dispatcher.sendBatched('task-started', taskMembers('a'));
    dispatcher.sendBatched('task-started', taskMembers('b'));
    expect(fanout.sent).toEqual([]);
    await clock.settle();

    expect(idsOf(fanout.events)).toEqual(['task.multi a b']);
    expect(fanout.events[0]?.slice(1).map((event) => (event as { clock: number }).clock)).toEqual([1, 2]);
  });

  it('puts at most 200 in one message, and keeps the order', async () => {
    const { dispatcher, fanout, clock } = setupDispatcher();
    const ids = Array.from({ length: 250 }, (_, index) => String(index));

    for (const id of ids) dispatcher.sendBatched('task-started', taskMembers(id));
    dispatcher.send('worker-offline', '"uuid":"last",');
    await clock.settle();

    expect(idsOf(fanout.events)).toEqual([
      `task.multi ${ids.slice(0, 200).join(' ')}`,
      `task.multi ${ids.slice(200).join(' ')}`,
      'worker.offline last',
    ]);
  });

  it('lets events gather for 10 ms after a message, unless somebody waits', async () => {
    const { dispatcher, fanout, clock } = setupDispatcher();
    dispatcher.sendBatched('task-started', taskMembers('a'));
    await clock.settle();
    dispatcher.sendBatched('task-started', taskMembers('b'));
    await clock.advance(5);
    dispatcher.sendBatched('task-started', taskMembers('c'));
    await clock.advance(5);
    dispatcher.sendBatched('task-started', taskMembers('d'));
    await dispatcher.flush();

    expect(idsOf(fanout.events)).toEqual(['task.multi a', 'task.multi b c', 'task.multi d']);
  });

  it('keeps events while the broker is away, and sends them in order afterwards', async () => {
    const { dispatcher, fanout, clock, logged } = setupDispatcher();
    fanout.problem = new Error('gone');
    dispatcher.send('a-b', '"uuid":"1",');
    dispatcher.send('worker-heartbeat', '"uuid":"past",', false);
    await clock.settle();
    dispatcher.sendBatched('task-started', taskMembers('2'));
    await clock.advance('1s');

    fanout.problem = undefined;
    await clock.advance('5s');

    expect(idsOf(fanout.events)).toEqual(['a.b 1', 'task.multi 2']);
    expect(logged).toEqual([
      '! Could not send events to monitors; up to 10000 are kept until the broker takes them: gone',
      'Events are sent to monitors again',
    ]);
  });

  it('drops the oldest when more come than may be kept, and says how many', async () => {
    const { dispatcher, fanout, clock, logged } = setupDispatcher(3);
    fanout.problem = new Error('gone');
    for (const id of ['1', '2', '3', '4', '5']) dispatcher.send('a-b', `"uuid":"${id}",`);
    await clock.settle();

    fanout.problem = undefined;
    await clock.advance('5s');

    expect(idsOf(fanout.events)).toEqual(['a.b 3', 'a.b 4', 'a.b 5']);
    expect(logged.at(-1)).toBe('Events are sent to monitors again; 2 events were dropped, as more came than are kept');
  });

  it('sends what comes while a message is under way', async () => {
    const { dispatcher, fanout, clock } = setupDispatcher();
    let open = (): void => undefined;
    fanout.gate = new Promise((resolve) => (open = resolve));
    dispatcher.sendBatched('task-started', taskMembers('a'));
    await clock.settle();
    dispatcher.sendBatched('task-started', taskMembers('b'));

    open();
    await clock.advance(10);

    expect(idsOf(fanout.events)).toEqual(['task.multi a', 'task.multi b']);
  });

  it('sends all that it has before it closes, and nothing afterwards', async () => {
    const { dispatcher, fanout, clock, logged } = setupDispatcher();
    dispatcher.sendBatched('task-started', taskMembers('a'));

    await dispatcher.close();
    dispatcher.send('a-b', '');
    await clock.settle();

    expect(idsOf(fanout.events)).toEqual(['task.multi a']);
    expect(logged).toEqual([]);
  });

  it.each(['refuses', 'never answers'])('says what it could not send when it closes and the broker %s', async (how) => {
    const { dispatcher, fanout, clock, logged } = setupDispatcher();
    if (how === 'refuses') fanout.problem = new Error('gone');
    else fanout.gate = new Promise(() => undefined);
    dispatcher.send('a-b', '');
    await clock.settle();

    const closing = dispatcher.close();
    await clock.advance('3s');
    await closing;

    expect(logged.at(-1)).toBe('! 1 event could not be sent to monitors before the end, and will never be');
  });
});
