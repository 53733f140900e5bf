import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UndecodableMessage } from '../../../lib/errors/index.js';
import { readCommonEnvelope } from '../../../lib/protocol/common-envelope.js';
import { EnvelopeLikenesses } from '../../../lib/protocol/envelope-likeness.js';
import {
  EnvelopeMessage,
  formatEnvelope,
  formatTaskMessage,
  readHead,
  type NewTaskMessage,
  type ReceivedMessage,
} from '../../../lib/protocol/index.js';
import { envelopesOf, readVectors } from '../../fixtures/wire/vectors.js';

const recorded = ['messages-redis', 'celery-5.2.6/messages-redis'].flatMap((file) =>
  readVectors(file).flatMap(envelopesOf),
);

/** The same message for a reader that knows of no common form. */
function parsed(envelope: string): ReceivedMessage {
  const { body, headers, properties, ...rest } = JSON.parse(envelope) as Record<string, never>;
  const other = JSON.stringify({ ...rest, properties, headers, body });
  expect(readCommonEnvelope(other)).toBeUndefined();
  return new EnvelopeMessage(other);
}

const wildText = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.constant('a"b\\\n'),
);
const anyText = fc.oneof({ weight: 30, arbitrary: fc.uuid() }, { weight: 1, arbitrary: wildText });
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined });
const anyMs = fc.integer({ min: 0, max: 4e12 });
const anyMessage: fc.Arbitrary<NewTaskMessage> = fc.record({
  task: anyText,
  id: anyText,
  rootId: maybe(anyText),
  parentId: maybe(anyText),
  groupId: maybe(anyText),
  groupIndex: maybe(fc.nat({ max: 1e6 })),
  retries: maybe(fc.nat({ max: 1e6 })),
  etaMs: maybe(anyMs),
  expiresMs: maybe(anyMs),
  timeLimitMs: maybe(fc.nat({ max: 1e6 })),
  softTimeLimitMs: maybe(fc.nat({ max: 1e6 })),
  shadow: maybe(anyText),
  argsRepr: wildText,
  kwargsRepr: wildText,
  origin: anyText,
  ignoreResult: maybe(fc.boolean()),
  correlationId: maybe(anyText),
  replyTo: maybe(anyText),
  priority: maybe(fc.nat({ max: 9 })),
  sentMs: maybe(anyMs),
  queue: anyText,
  exchange: fc.constant(''),
  routingKey: anyText,
});

const format = (message: NewTaskMessage, body = '[[], {}, {}]'): string =>
  formatEnvelope(
    formatTaskMessage(message, { body, contentType: 'application/json', contentEncoding: 'utf-8' }, JSON.stringify),
    'tag',
  );

const plain = {
  task: 'a',
  argsRepr: "('x',)",
  kwargsRepr: '{}',
  origin: 'o',
  queue: 'q',
  exchange: '',
  routingKey: 'q',
};

describe('readCommonEnvelope', () => {
  it('reads what a parser reads, of every message of this library', () => {
    let common = 0;
    fc.assert(
      fc.property(anyMessage, fc.string(), (message, body) => {
        const envelope = format(message, body);
        const [fast, slow] = [new EnvelopeMessage(envelope), parsed(envelope)];
        if (fast.commonHead !== undefined) common += 1;
        expect(readHead(fast)).toEqual(readHead(slow));
        expect(fast.properties).toEqual(slow.properties);
        expect([fast.body, fast.contentType, fast.contentEncoding]).toEqual([
          slow.body,
          slow.contentType,
          slow.contentEncoding,
        ]);
        expect(fast.headers).toEqual(slow.headers);
      }),
      { numRuns: 500 },
    );
    expect(common).toBeGreaterThan(50);
  });

  it('reads what a parser reads, of what Celery has sent', () => {
    const common = recorded.filter((envelope) => readCommonEnvelope(envelope) !== undefined);

    for (const envelope of common) expect(readHead(new EnvelopeMessage(envelope))).toEqual(readHead(parsed(envelope)));
    expect(common.length / recorded.length).toBeGreaterThan(0.4);
  });

  const sound = format({ ...plain, id: 'b', sentMs: 1_700_000_000_999 });

  it.each([
    ["a header of the sender's own", sound.replace('"stamps": {}', '"stamps": {}, "x-tenant": "t"')],
    ['a header marked redelivered', sound.replace('"stamps": {}', '"stamps": {}, "redelivered": true')],
    ['stamps', sound.replace('"stamps": {}', '"stamps": {"a": 1}')],
    ['a name with an escape', sound.replace('"task": "a"', '"task": "a\\u0041"')],
    ['a time to live', sound.replace('"delivery_info"', '"expiration": "5", "delivery_info"')],
    ['a time of sending that is no whole number', sound.replace('"timestamp": 1700000000', '"timestamp": 1.5')],
    ['a time of sending that begins with a zero', sound.replace('"timestamp": 17', '"timestamp": 07')],
    ['retries that begin with a zero', sound.replace('"retries": 0', '"retries": 00')],
    ['a time limit that begins with a zero', sound.replace('"timelimit": [null', '"timelimit": [05')],
    ['another content type', sound.replace('application/json', 'application/x-yaml')],
    ['a date that does not exist', sound.replace('"eta": null', '"eta": "2026-02-30T00:00:00+00:00"')],
    ['text behind it', `${sound} `],
    ['an end that is missing', sound.slice(0, -1)],
    ['a control character in a text', sound.replace('"origin": "o"', '"origin": "\u0001"')],
    ['headers beyond all measure', sound.replace("('x',)", 'x'.repeat(20_000))],
    ['nothing in it', ''],
  ])('leaves %s to the parser', (_what, envelope) => {
    expect(readCommonEnvelope(sound)).toBeDefined();
    expect(readCommonEnvelope(envelope)).toBeUndefined();
  });

  it.each([
    ['a control character', '\u0000', undefined],
    ['an escape', '\\u0057', '[[], {}, {}]'],
    ['an escaped slash', '\\/', undefined],
  ])('leaves a body with %s to the parser', (_what, instead, expected) => {
    const envelope = sound.replace('"body": "W', `"body": "${instead}`);

    const read = (): unknown => new EnvelopeMessage(envelope).body;

    if (expected === undefined) expect(read).toThrow(UndecodableMessage);
    else expect(read()).toBe(expected);
  });

  it.each([
    ['ASCII', '[["a"], {}, {}]'],
    ['other characters', '[["äöü€😀"], {}, {}]'],
    ['more than a page', JSON.stringify([['x'.repeat(50_000)], {}, {}])],
    ['nothing', ''],
  ])('decodes a body of %s', (_what, body) => {
    expect(new EnvelopeMessage(format({ ...plain, id: 'b' }, body)).body).toBe(body);
  });
});

describe('EnvelopeLikenesses', () => {
  const anyKind = fc.record({
    task: fc.constantFrom('a', 'b.c'),
    retries: fc.constantFrom(0, 3),
    sentMs: fc.constantFrom(undefined, 1_700_000_000_000),
    priority: fc.constantFrom(0, 9),
    parentId: fc.constantFrom(undefined, 'p'),
    replyTo: fc.constantFrom(undefined, 'r'),
  });
  const anyOfAKind = (kind: Partial<NewTaskMessage>): fc.Arbitrary<NewTaskMessage> =>
    fc
      .record({
        id: anyText,
        rootId: maybe(anyText),
        correlationId: maybe(anyText),
        argsRepr: fc.oneof(fc.uuid(), wildText),
      })
      .map((own) => ({ ...plain, ...kind, ...own }));
  const endOf = (envelope: string): number => envelope.indexOf('"', '{"body": "'.length);

  it('read none whose time of sending begins with a zero, as no parser does', () => {
    const likenesses = new EnvelopeLikenesses();
    const envelope = format({ ...plain, id: 'b', sentMs: 1_700_000_000_000 });
    likenesses.learn(envelope, endOf(envelope), readCommonEnvelope(envelope)!);
    const read = (text: string): unknown => likenesses.read(text, endOf(text), '')?.sentMs;

    expect(read(envelope.replace('"timestamp": 1', '"timestamp": 2'))).toBe(2_700_000_000_000);
    expect(read(envelope.replace('"timestamp": 1', '"timestamp": 0'))).toBeUndefined();
  });

  it('read of one more message of a kind what a parser reads, or nothing', () => {
    let read = 0;
    fc.assert(
      fc.property(
        anyKind.chain((kind) => fc.tuple(anyOfAKind(kind), anyOfAKind(kind))),
        fc.option(fc.tuple(fc.nat(), fc.constantFrom('"', '\\', '}', ',', '0', '\n', '')), { nil: undefined }),
        ([one, other], spoiling) => {
          const likenesses = new EnvelopeLikenesses();
          const first = format(one);
          const known = readCommonEnvelope(first);
          fc.pre(known !== undefined);
          likenesses.learn(first, endOf(first), known);
          const second = format(other);
          const at = spoiling === undefined ? 0 : endOf(second) + (spoiling[0] % (second.length - endOf(second)));
          const text = spoiling === undefined ? second : second.slice(0, at) + spoiling[1] + second.slice(at + 1);

          const alike = likenesses.read(text, endOf(text), '');

          if (alike === undefined) return;
          read += 1;
          const slow = parsed(text);
          expect(alike.head).toEqual(readHead(slow));
          expect([alike.deliveryTag, alike.sentMs]).toEqual([slow.properties.deliveryTag, slow.properties.sentMs]);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(200);
  });
});
