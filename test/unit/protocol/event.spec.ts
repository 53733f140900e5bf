import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InvalidEventError } from '../../../lib/errors/index.js';
import {
  customMembers,
  EventBatch,
  EventWriter,
  isClusterEvent,
  readEvent,
  readEvents,
  SOFTWARE,
  taskErrorMembers,
  taskRejectedMembers,
} from '../../../lib/protocol/index.js';

const head = { type: 'task-started', hostname: 'w@h', timestamp: 1.5, utcoffset: 0, pid: 1, clock: 7, uuid: 'a' };

describe('reading an event', () => {
  it('gives milliseconds and names in camel case', () => {
    expect(readEvent({ ...head, type: 'task-succeeded', result: "'x'", runtime: 0.25 })).toEqual({
      type: 'task-succeeded',
      hostname: 'w@h',
      timestampMs: 1_500,
      utcOffsetHours: 0,
      pid: 1,
      clock: 7,
      id: 'a',
      result: "'x'",
      runtimeMs: 250,
    });
  });

  it('keeps the own fields of one that it does not know', () => {
    const event = readEvent({ ...head, type: 'task-progress', uuid: 'a', done: [1] });

    expect(event).toMatchObject({ type: 'task-progress', fields: { uuid: 'a', done: [1] } });
  });

  it.each([
    ['no map', 'text', 'Expected an event to be a map'],
    ['null', null, 'Expected an event to be a map'],
    ['a list in a list', [head], 'Expected an event to be a map'],
    ['no type', { ...head, type: undefined }, 'Expected field "type" of an event to be a text, got undefined.'],
    [
      'an empty host',
      { ...head, hostname: '' },
      'Expected field "hostname" of an event to be a text, got "" (string).',
    ],
    ['no time', { ...head, timestamp: null }, 'Expected field "timestamp" of an event to be seconds since the epoch'],
    ['time as text', { ...head, timestamp: '1' }, 'Expected field "timestamp" of an event to be a number'],
    ['a clock without end', { ...head, clock: 2 ** 60 }, 'Expected field "clock" of an event to be a whole number'],
    ['half a clock', { ...head, clock: 0.5 }, 'Expected field "clock" of an event to be a whole number'],
    ['a task without id', { ...head, uuid: null }, 'Expected field "uuid" of an event to be a text, got null.'],
    [
      'a number for a name',
      { ...head, type: 'task-received', name: 1 },
      'Expected field "name" of an event to be a text',
    ],
    [
      'no date',
      { ...head, type: 'task-received', eta: 'soon' },
      'Expected field "eta" of an event to be a date in ISO 8601',
    ],
    [
      'an election of nothing',
      { ...head, type: 'worker-elect', id: 'e' },
      'Expected field "topic" of an event to be a text',
    ],
  ])('refuses %s', (_, value, message) => {
    expect(() => readEvent(value)).toThrow(InvalidEventError);
    expect(() => readEvent(value)).toThrow(message);
  });

  it('reads the good ones of a batch, and tells of the others', () => {
    const refused: InvalidEventError[] = [];

    const events = readEvents([head, 1, { ...head, uuid: 'b' }, { ...head, clock: -1 }], (error) =>
      refused.push(error),
    );

    expect(events.map((event) => isClusterEvent(event, 'task-started') && event.id)).toEqual(['a', 'b']);
    expect(refused.map(({ field }) => field)).toEqual(['', 'clock']);
  });

  it('is not led astray by a type that every object has', () => {
    expect(readEvent({ ...head, type: 'constructor' })).toMatchObject({ type: 'constructor', fields: { uuid: 'a' } });
  });
});

function listOf(batch: EventBatch): readonly Record<string, unknown>[] {
  return JSON.parse(Buffer.from(batch.take()).toString()) as Record<string, unknown>[];
}

describe('writing a list of events', () => {
  const call = {
    id: '5b1e',
    task: 'shop.buy',
    rootId: '5b1e',
    parentId: undefined,
    retries: 0,
    etaMs: undefined,
    expiresMs: undefined,
    argsRepr: '(\'é \\n"x"\',)',
    kwargsRepr: '{}',
  };
  const plain = { hostname: 'wörker"@h', utcoffset: -2, pid: 12, uuid: '5b1e' };

  it('has them in order, each with its own time and clock', () => {
    const batch = new EventBatch('wörker"@h', 12, -2);
    batch.addReceived(call, 4_294_967_296, 1_795_450_000_123);
    batch.addStarted('5b1e', 7, 1_795_450_000_123);
    batch.add('task-failed', taskErrorMembers('5b1e', 'E("é")', 'at\nx'), 8, 1_500);
    batch.addSucceeded('5b1e', "'☃'", 1_250.000_5, 9, 1_795_450_000_500);

    expect(batch.count).toBe(4);
    expect(listOf(batch)).toEqual([
      {
        ...plain,
        type: 'task-received',
        clock: 4_294_967_296,
        timestamp: 1_795_450_000.123,
        name: 'shop.buy',
        args: '(\'é \\n"x"\',)',
        kwargs: '{}',
        root_id: '5b1e',
        parent_id: null,
        retries: 0,
        eta: null,
        expires: null,
      },
      { ...plain, type: 'task-started', clock: 7, timestamp: 1_795_450_000.123 },
      { ...plain, type: 'task-failed', clock: 8, timestamp: 1.5, exception: 'E("é")', traceback: 'at\nx' },
      {
        ...plain,
        type: 'task-succeeded',
        clock: 9,
        timestamp: 1_795_450_000.5,
        result: "'☃'",
        runtime: expect.closeTo(1.250_000_5, 9) as number,
      },
    ]);
  });

  it('says the same of a call with a field more', () => {
    const batch = new EventBatch('w@h', 12, 0);

    batch.addReceived(call, 1, 0);
    batch.addReceived({ ...call, parentId: 'p' }, 1, 0);
    const [usual, child] = listOf(batch);

    expect({ ...usual, parent_id: 'p' }).toEqual(child);
  });

  it('begins anew, with the names of other tasks and the time zone of then', () => {
    const batch = new EventBatch('w@h', 12, 0);
    batch.addReceived(call, 1, 0);
    batch.take();

    expect([batch.count, batch.size]).toEqual([0, 0]);
    batch.moveTo(1);
    batch.addReceived({ ...call, task: 'other' }, 2, 0);
    batch.add('task-rejected', taskRejectedMembers('a', true), 3, 0);

    expect(listOf(batch)).toMatchObject([
      { name: 'other', utcoffset: 1 },
      { type: 'task-rejected', utcoffset: 1 },
    ]);
  });
});

describe('writing an event', () => {
  const writer = new EventWriter('w@h', 12, -2);
  const write = (type: string, members: string): unknown => JSON.parse(writer.write(type, members, 3, 1_500));

  it('leaves out what nobody knows', () => {
    const call = { id: 'a', task: 't', retries: 0, etaMs: undefined, expiresMs: 0, argsRepr: undefined } as const;
    const batch = new EventBatch('w@h', 12, -2);
    batch.addReceived({ ...call, rootId: undefined, parentId: undefined, kwargsRepr: '{}' }, 3, 1_500);

    expect(listOf(batch)).toEqual([
      {
        hostname: 'w@h',
        utcoffset: -2,
        pid: 12,
        clock: 3,
        timestamp: 1.5,
        type: 'task-received',
        uuid: 'a',
        name: 't',
        args: '',
        kwargs: '{}',
        root_id: 'a',
        parent_id: null,
        retries: 0,
        eta: null,
        expires: '1970-01-01T00:00:00+00:00',
      },
    ]);
    expect(write('task-failed', taskErrorMembers('a', 'E("\n")', undefined))).not.toHaveProperty('traceback');
  });

  it('moves with the time zone', () => {
    const moving = new EventWriter('w@h', 12, -2);

    moving.moveTo(-1);

    expect(JSON.parse(moving.write('task-rejected', taskRejectedMembers('a', true), 3, 0))).toMatchObject({
      utcoffset: -1,
      requeue: true,
    });
  });

  it('takes the fields of an own event', () => {
    const members = customMembers('order-shipped', { order: 1, left: undefined, 'a"b': null }, JSON.stringify);

    expect(write('order-shipped', members)).toMatchObject({ type: 'order-shipped', order: 1, 'a"b': null });
    expect(write('order-shipped', members)).not.toHaveProperty('left');
  });

  it.each(['order', 'task-failed', 'worker-online', 'a b-c', '-x', 'x-', 7, `a-${'b'.repeat(200)}`])(
    'refuses an own event of the type %s',
    (type) => {
      expect(() => customMembers(type as string, {}, JSON.stringify)).toThrow(InvalidEventError);
    },
  );

  it('refuses a field that every event has', () => {
    expect(() => customMembers('a-b', { clock: 1 }, JSON.stringify)).toThrow(
      'Expected field "clock" of an event to be left out: it is written into every event, got 1 (number).',
    );
  });
});

it('bears the version of the package', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

  expect(SOFTWARE.softwareVersion).toBe(version);
});
