import { describe, expect, it } from 'vitest';
import {
  fromWirePriority,
  runPropagated,
  toWirePriority,
  type MessageFactory,
  type SignatureCall,
} from '../../../lib/client/index.js';
import { resolveSendOptions } from '../../../lib/client/send-options.js';
import { InvalidSignatureError, MessageTooLargeError } from '../../../lib/errors/index.js';
import { formatEnvelope, type OutgoingMessage, type SignatureMap } from '../../../lib/protocol/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import { VirtualClock } from '../../../lib/time/index.js';
import { bodyOf, catalogOf, define, headersOf, insideTask, setupFactory } from './fakes.js';

const task = (name: string, more: Partial<SignatureMap> = {}): SignatureMap => ({
  task: name,
  args: [],
  kwargs: {},
  options: {},
  subtask_type: null,
  immutable: false,
  ...more,
});
const composed = (type: 'chain' | 'group' | 'chord', tasks: readonly SignatureMap[], options = {}): SignatureMap =>
  task(`celery.${type}`, { kwargs: { tasks }, options, subtask_type: type });

function setup() {
  return setupFactory({ clock: new VirtualClock() });
}

function sent(factory: MessageFactory, map: SignatureMap, call?: SignatureCall): readonly OutgoingMessage[] {
  return factory.fromSignature(map, call).messages;
}

describe('MessageFactory', () => {
  it('takes from a declaration what a request leaves out', () => {
    const catalog = catalogOf([define('a', { queue: 'q', priority: 3, ignoreResult: true, expires: '1m' })]);
    const factory = setupFactory({ clock: new VirtualClock(), catalog, priorityOrder: 'lowest-first' });

    const message = factory.create({ task: 'a', args: [], kwargs: {} });

    expect(message).toMatchObject({ queue: 'q', priority: 6, expiration: '60000' });
    expect(headersOf(message)).toMatchObject({ ignore_result: true, expires: '2026-01-01T00:01:00+00:00' });
  });

  it('counts what a sender gives as a duration from one moment, however long the sending takes', () => {
    const clock = new VirtualClock();
    let readMs = 0;
    const now = clock.now.bind(clock);
    clock.now = () => now() + readMs++; // each look at the clock a millisecond later
    const factory = setupFactory({ clock, catalog: catalogOf([define('a', { expires: '1m' })]) });
    const options = resolveSendOptions({ expires: '1m' }, clock, factory);

    const given = factory.create({ task: 'b', args: [], kwargs: {}, ...options });
    const declared = factory.create({ task: 'a', args: [], kwargs: {} });
    const [linked] = sent(factory, task('c', { options: { expires: 60 } }));

    expect([given, declared, linked].map((message) => message?.expiration)).toEqual(['60000', '60000', '60000']);
  });

  it.each([
    [{ ignoreResult: true }, undefined, true],
    [{ ignoreResult: true }, false, true],
    [{ ignoreResult: false }, undefined, false],
    [{}, true, true],
  ])('knows whether a result is ignored: declared %j, asked for %s', (declared, asked, ignored) => {
    const catalog = catalogOf([define('a', declared)]);
    const factory = setupFactory({ clock: new VirtualClock(), catalog });
    const request = { task: 'a', args: [], kwargs: {}, ignoreResult: asked };

    expect(factory.ignoresResult(request)).toBe(ignored);
    expect(headersOf(factory.create(request))).toMatchObject({ ignore_result: ignored });
  });

  it('takes the default for a task that is declared elsewhere, unless its sender says otherwise', () => {
    const factory = setupFactory({ clock: new VirtualClock(), tasks: { ignoreResult: true } });

    expect(factory.ignoresResult({ task: 'proj.add' })).toBe(true);
    expect(factory.ignoresResult({ task: 'proj.add', ignoreResult: false })).toBe(false);
  });

  it('says when a message was sent, in whole seconds on the wire', async () => {
    const clock = new VirtualClock();
    await clock.advance(1_500);
    const message = setupFactory({ clock }).create({ task: 'a', args: [], kwargs: {} });

    expect(message.sentMs).toBe(clock.now());
    expect(JSON.parse(formatEnvelope(message, 'tag'))).toMatchObject({
      properties: { timestamp: Math.trunc(clock.now() / 1_000) },
    });
  });

  it.each([
    [undefined, null],
    [false, false],
    [true, true],
  ])(
    'leaves it to the worker whether the result of a task declared elsewhere is ignored, unless told: %s',
    (told, sent) => {
      const message = setup().create({ task: 'proj.add', args: [], kwargs: {}, ignoreResult: told });

      expect(headersOf(message)).toMatchObject({ ignore_result: sent });
    },
  );

  it('writes ids that are UUIDs, and one reply queue for all', () => {
    const factory = setup();

    const [one, two] = [1, 2].map(() => factory.create({ task: 'a', args: [], kwargs: {} }));

    expect(one!.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
    expect(one!.id).not.toBe(two!.id);
    expect(one!.replyTo).toBe(two!.replyTo);
  });

  it('keeps a lineage that is given over that of the running task', () => {
    const factory = setup();

    const { value } = insideTask(() =>
      factory.create({ task: 'a', args: [], kwargs: {}, lineage: { rootId: 'r', parentId: undefined } }),
    );

    expect(headersOf(value)).toMatchObject({ root_id: 'r', parent_id: null });
  });

  it('reads the options of a signature as the wire has them', () => {
    const options = {
      task_id: 'id',
      queue: 'q',
      countdown: 2,
      expires: '2026-01-01T01:00:00+00:00',
      time_limit: 3,
      soft_time_limit: 2,
      priority: 8,
      headers: { a: 1 },
      shadow: 's',
      group_id: 'g',
      group_index: 4,
      root_id: 'root',
      reply_to: 'me',
      stamped_headers: ['by'],
      by: 'x',
      link: task('next'),
      link_error: [task('failed')],
      ignore_result: true,
    };

    const [message] = sent(setup(), task('a', { args: [2], kwargs: { k: 1 }, options }), {
      prependArgs: [1],
      lineage: { rootId: 'other', parentId: 'p' },
    });

    expect(message).toMatchObject({ id: 'id', queue: 'q', priority: 8, replyTo: 'me' });
    expect(headersOf(message)).toMatchObject({
      eta: '2026-01-01T00:00:02+00:00',
      expires: '2026-01-01T01:00:00+00:00',
      timelimit: [3, 2],
      a: 1,
      shadow: 's',
      group: 'g',
      group_index: 4,
      root_id: 'root',
      parent_id: 'p',
      stamped_headers: ['by'],
      stamps: { by: 'x' },
      ignore_result: true,
    });
    expect(bodyOf(message)).toEqual([
      [1, 2],
      { k: 1 },
      { callbacks: [task('next')], errbacks: [task('failed')], chain: null, chord: null },
    ]);
  });

  it('gives an immutable signature nothing', () => {
    const [message] = sent(setup(), task('a', { args: [2], immutable: true }), { prependArgs: [1] });

    expect(bodyOf(message)[0]).toEqual([2]);
  });

  it('sends the first step of a chain, with the others reversed', () => {
    const chain = composed('chain', [task('a'), composed('chain', [task('b'), task('c')]), task('d')], {
      link: [task('done')],
    });

    const messages = sent(setup(), chain, { prependArgs: [1] });

    expect(messages).toHaveLength(1);
    expect(messages[0]!.task).toBe('a');
    const [args, , embed] = bodyOf(messages[0]);
    expect(args).toEqual([1]);
    expect((embed['chain'] as SignatureMap[]).map((step) => step.task)).toEqual(['d', 'c', 'b']);
    expect((embed['chain'] as SignatureMap[])[0]!.options).toMatchObject({ link: [task('done')] });
  });

  it('splices a chain that stands first', () => {
    const chain = composed('chain', [composed('chain', [task('a'), task('b')]), task('c')]);

    const [message] = sent(setup(), chain);

    expect(message!.task).toBe('a');
    expect((bodyOf(message)[2]['chain'] as SignatureMap[]).map((step) => step.task)).toEqual(['c', 'b']);
  });

  it('sends each member of a group with one group id', () => {
    const messages = sent(setup(), composed('group', [task('a'), task('b')]), { prependArgs: [1] });

    const headers = messages.map(headersOf);
    expect(headers.map((each) => each['group_index'])).toEqual([0, 1]);
    expect(headers[0]!['group']).toBe(headers[1]!['group']);
    expect(messages.map((message) => bodyOf(message)[0])).toEqual([[1], [1]]);
  });

  it.each([
    ['a chord without a header', composed('chord', []), {}, /"signature.kwargs.header"/],
    ['a countdown that is no number', task('a', { options: { countdown: 'soon' } }), {}, /"options.countdown"/],
    ['an eta that is no date', task('a', { options: { eta: 'soon' } }), {}, /"options.eta"/],
    ['a chain without tasks', task('celery.chain', { subtask_type: 'chain' }), {}, /"signature.kwargs.tasks"/],
  ])('refuses %s', (_what, map, call, message) => {
    const factory = setup();

    expect(() => factory.fromSignature(map, call)).toThrow(InvalidSignatureError);
    expect(() => factory.fromSignature(map, call)).toThrow(message);
  });
});

describe('a message that takes more than it may', () => {
  const factory = setupFactory({
    clock: new VirtualClock(),
    serialization: new Serialization({ maxMessageBytes: 2_048 }),
  });
  const large = 'x'.repeat(2_048);

  it.each([
    ['arguments', { args: [large] }],
    ['named arguments', { kwargs: { large } }],
    ['headers', { headers: { large } }],
    ['links', { callbacks: [task('b', { args: [large] })] }],
  ])('is not made: %s', (_name, more) => {
    expect(() => factory.create({ task: 'a', args: [], kwargs: {}, ...more })).toThrow(MessageTooLargeError);
    expect(() => factory.create({ task: 'a', args: [], kwargs: {}, ...more })).toThrow(
      /^The message of task "a" takes [23]\d{3} bytes, more than the 2048 of/,
    );
  });

  it('keeps the others of its group from being sent', () => {
    expect(() => factory.fromSignature(composed('group', [task('a'), task('b', { args: [large] })]))).toThrow(
      'task "b"',
    );
  });
});

describe('priorities', () => {
  it.each([0, 1, 5, 8, 9])('%i comes back from the wire', (priority) => {
    for (const order of ['lowest-first', 'highest-first'] as const) {
      const wire = toWirePriority(priority, order);
      expect(fromWirePriority(wire, order)).toBe(wire === 0 ? undefined : priority);
    }
  });

  it('outside of 0 to 9 are the nearest', () => {
    expect([fromWirePriority(255, 'highest-first'), fromWirePriority(-1, 'lowest-first')]).toEqual([9, 9]);
  });
});

describe('runPropagated', () => {
  it('calls the body inside of all, the first one outermost', () => {
    const order: string[] = [];
    const propagator = (name: string) => ({
      capture: () => undefined,
      run: <T>(headers: Readonly<Record<string, unknown>>, body: () => T): T => {
        order.push(`${name} ${String(headers['x'])}`);
        return body();
      },
    });

    expect(runPropagated([propagator('a'), propagator('b')], { x: 1 }, () => 'body')).toBe('body');
    expect(order).toEqual(['a 1', 'b 1']);
  });
});
