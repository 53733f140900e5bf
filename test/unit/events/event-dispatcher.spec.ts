import { describe, expect, it } from 'vitest';
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

    dispatcher.sendStarted('a');
    dispatcher.sendStarted('b');
    expect(fanout.sent).toEqual([]);
    await clock.settle();

    expect(idsOf(fanout.events)).toEqual(['task.multi a b']);
    expect(fanout.events[0]?.slice(1).map((event) => (event as { clock: number }).clock)).toEqual([1, 2]);
  });

  it('sends a message that is full at once, and keeps the order', async () => {
    const { dispatcher, fanout, clock } = setupDispatcher();
    const ids = Array.from({ length: 1_000 }, (_, index) => String(index));

    for (const id of ids) dispatcher.sendStarted(id);
    dispatcher.send('worker-offline', '"uuid":"last",');
    await clock.settle();

    const [full, rest, last] = fanout.events;
    expect(fanout.sent[0]?.message.body.length).toBeGreaterThanOrEqual(64 * 1_024);
    expect(fanout.sent[0]?.message.body.length).toBeLessThan(65 * 1_024);
    expect(
      [full, rest, last].flatMap((message) => message?.slice(1)).map((event) => (event as { uuid: string }).uuid),
    ).toEqual([...ids, 'last']);
    expect([full, rest, last].map((message) => message?.[0])).toEqual(['task.multi', 'task.multi', 'worker.offline']);
  });

  it('sends what becomes of a task in the order it happens, whatever it is', async () => {
    const { dispatcher, fanout, clock } = setupDispatcher();
    const call = { id: 'a', task: 't', rootId: 'r', parentId: 'p', retries: 1, etaMs: 0, expiresMs: undefined };

    dispatcher.sendReceived({ ...call, argsRepr: '(1,)', kwargsRepr: '{}' });
    dispatcher.sendStarted('a');
    dispatcher.sendBatched('task-failed', '"uuid":"a","exception":"E()",');
    dispatcher.sendSucceeded('a', '2', 12.5);
    await clock.settle();

    const common = { hostname: 'w@h', pid: 7, timestamp: clock.now() / 1_000, uuid: 'a' };
    expect(fanout.events[0]?.slice(1)).toMatchObject([
      { type: 'task-received', ...common, clock: 1, root_id: 'r', parent_id: 'p', retries: 1 },
      { type: 'task-started', ...common, clock: 2 },
      { type: 'task-failed', ...common, clock: 3, exception: 'E()' },
      { type: 'task-succeeded', ...common, clock: 4, result: '2', runtime: 0.0125 },
    ]);
  });

  it('lets events gather for 10 ms after a message, unless somebody waits', async () => {
    const { dispatcher, fanout, clock } = setupDispatcher();
    dispatcher.sendStarted('a');
    await clock.settle();
    dispatcher.sendStarted('b');
    await clock.advance(5);
    dispatcher.sendStarted('c');
    await clock.advance(5);
    dispatcher.sendStarted('d');
    await dispatcher.flush();

    expect(idsOf(fanout.events)).toEqual(['task.multi a', 'task.multi b c', 'task.multi d']);
  });

  it('keeps events while the broker is away, and sends them in order afterwards', async () => {
    const { dispatcher, fanout, clock, logged } = setupDispatcher();
    fanout.problem = new Error('gone');
    dispatcher.send('a-b', '"uuid":"1",');
    dispatcher.send('worker-heartbeat', '"uuid":"past",', false);
    await clock.settle();
    dispatcher.sendStarted('2');
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
    dispatcher.sendStarted('a');
    await clock.settle();
    dispatcher.sendStarted('b');

    open();
    await clock.advance(10);

    expect(idsOf(fanout.events)).toEqual(['task.multi a', 'task.multi b']);
  });

  it('sends all that it has before it closes, and nothing afterwards', async () => {
    const { dispatcher, fanout, clock, logged } = setupDispatcher();
    dispatcher.sendStarted('a');

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
