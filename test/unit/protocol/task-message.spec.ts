import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EncodeError, InvalidTaskMessage, TaskQueueError } from '../../../lib/errors/index.js';
import {
  EnvelopeMessage,
  formatBody,
  formatBodyJson,
  formatEnvelope,
  formatTaskMessage,
  parseBody,
  readHead,
  readTaskMessage,
  type NewTaskMessage,
  type DecodeContent,
  type ReceivedMessage,
  type SignatureMap,
} from '../../../lib/protocol/index.js';
import { jsonSerializer, Serialization } from '../../../lib/serialization/index.js';

const serialization = new Serialization();
const decode: DecodeContent = (message) => serialization.decode(message);
const json = { contentType: 'application/json', contentEncoding: 'utf-8' };

const minimal: NewTaskMessage = {
  task: 'proj.add',
  id: 'id-1',
  argsRepr: '(1,)',
  kwargsRepr: '{}',
  origin: 'gen1@host',
  queue: 'celery',
  exchange: '',
  routingKey: 'celery',
};

const format = (message: NewTaskMessage, body = '[[1], {}, {}]') =>
  formatTaskMessage(message, { ...json, body }, jsonSerializer.encode);
const send = (message: NewTaskMessage, body?: string): ReceivedMessage =>
  new EnvelopeMessage(formatEnvelope(format(message, body), 'tag'));

/** A message with these headers and this body, as anybody could write it. */
function received(headers: unknown, body: unknown, properties: unknown = {}): ReceivedMessage {
  const envelope = {
    body: JSON.stringify(body),
    'content-type': 'application/json',
    'content-encoding': 'utf-8',
    headers,
    properties,
  };
  return new EnvelopeMessage(JSON.stringify(envelope));
}

describe('formatTaskMessage', () => {
  it('fills in what is not said as Celery does', () => {
    const message = format(minimal);

    expect(JSON.parse(message.headers)).toEqual({
      lang: 'js',
      task: 'proj.add',
      id: 'id-1',
      shadow: null,
      eta: null,
      expires: null,
      group: null,
      group_index: null,
      retries: 0,
      timelimit: [null, null],
      root_id: 'id-1',
      parent_id: null,
      argsrepr: '(1,)',
      kwargsrepr: '{}',
      origin: 'gen1@host',
      ignore_result: null,
      replaced_task_nesting: 0,
      stamped_headers: null,
      stamps: {},
    });
    expect(message).toMatchObject({
      correlationId: 'id-1',
      replyTo: '',
      deliveryMode: 2,
      priority: 0,
      expiration: undefined,
      etaMs: undefined,
    });
  });

  it.each([
    [120_000, '120000'],
    [1.7, '1'],
    [-5, '0'],
  ])('writes a time to live of %d ms as %j', (expirationMs, expected) => {
    expect(format({ ...minimal, expirationMs }).expiration).toBe(expected);
  });

  it('writes limits in seconds, the hard one first', () => {
    const headers = format({ ...minimal, timeLimitMs: 30_000, softTimeLimitMs: 1_500 }).headers;

    expect(headers).toContain('"timelimit": [30, 1.5]');
  });

  it("puts the sender's headers beside Celery's, typed values and large integers included", () => {
    const { headers } = format({ ...minimal, headers: { 'x-at': new Date(0), 'x-n': 2n ** 64n, 'x-none': undefined } });

    expect(headers).toContain(
      '"x-at": {"__type__":"datetime","__value__":"1970-01-01T00:00:00+00:00"}, "x-n": 18446744073709551616}',
    );
    expect(headers).not.toContain('x-none');
  });

  it('names the compression last', () => {
    const body = Buffer.from('x');
    const { headers } = formatTaskMessage(
      minimal,
      { ...json, body, compression: 'application/x-gzip' },
      jsonSerializer.encode,
    );

    expect(headers.endsWith('"stamps": {}, "compression": "application/x-gzip"}')).toBe(true);
  });

  it.each(['task', 'id', 'eta', 'stamps', 'compression', 'redelivered', 'x-death'])(
    "refuses a header named %j, which is Celery's",
    (name) => {
      expect(() => format({ ...minimal, headers: { [name]: 1 } })).toThrow(EncodeError);
    },
  );

  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
  const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(arbitrary, { nil: undefined });
  const heads = fc.record({
    task: text,
    id: text,
    rootId: text,
    parentId: optional(text),
    groupId: optional(text),
    groupIndex: optional(fc.nat()),
    retries: fc.nat(),
    etaMs: optional(fc.integer({ min: 0, max: 4e12 })),
    expiresMs: optional(fc.integer({ min: 0, max: 4e12 })),
    timeLimitMs: optional(fc.nat().map((seconds) => seconds * 1_000)),
    softTimeLimitMs: optional(fc.nat().map((seconds) => seconds * 1_000)),
    shadow: optional(text),
    origin: text,
    argsRepr: text,
    kwargsRepr: text,
    ignoreResult: fc.boolean(),
    replacedTaskNesting: fc.nat(),
    stampedHeaders: optional(fc.array(text)),
    stamps: fc.dictionary(text, fc.string()),
    headers: fc.dictionary(
      text.map((name) => `x-${name}`),
      fc.oneof(fc.string(), fc.bigInt({ min: 2n ** 60n }), fc.boolean()),
    ),
    correlationId: text,
    replyTo: text,
    priority: fc.nat(),
  });

  it('writes what readTaskMessage reads', () => {
    fc.assert(
      fc.property(heads, (head) => {
        const read = readHead(send({ ...minimal, ...head }));

        expect(read).toEqual({
          ...head,
          protocol: 2,
          lang: 'js',
          exchange: '',
          routingKey: 'celery',
          redelivered: false,
        });
      }),
    );
  });
});

describe('readTaskMessage', () => {
  it('does not touch the body of protocol 2 before it is asked for, and decodes it once', () => {
    let decoded = 0;
    const { head, body } = readTaskMessage(send(minimal), (message) => {
      decoded += 1;
      return decode(message);
    });

    expect([head.task, decoded]).toEqual(['proj.add', 0]);
    expect(body()).toBe(body());
    expect(decoded).toBe(1);
  });

  it('asks for nothing but task and id', () => {
    const { head } = readTaskMessage(received({ task: 'a', id: 'b' }, [[], {}, {}]), decode);

    expect(head).toMatchObject({
      protocol: 2,
      task: 'a',
      id: 'b',
      retries: 0,
      etaMs: undefined,
      rootId: undefined,
      headers: {},
      priority: 0,
    });
  });

  it('keeps what brokers add out of the sender’s headers', () => {
    const message = received({ task: 'a', id: 'b', redelivered: true, 'x-death': [], 'x-own': 1 }, [[], {}, {}]);

    expect(readHead(message)).toMatchObject({ headers: { 'x-own': 1 }, redelivered: true });
  });

  it('takes a date without an offset in the timezone it is told', () => {
    const message = received({ task: 'a', id: 'b', retries: 0, eta: '2030-01-02T03:04:05' }, [[], {}, {}]);

    expect(readTaskMessage(message, decode).head.etaMs).toBe(Date.parse('2030-01-02T03:04:05Z'));
    expect(readTaskMessage(message, decode, 'Europe/Paris').head.etaMs).toBe(Date.parse('2030-01-02T02:04:05Z'));
  });

  it.each([
    ['task', { task: 5, id: 'b' }],
    ['task', {}],
    ['id', { task: 'a' }],
    ['id', { task: 'a', id: 5 }],
    ['eta', { eta: 'tomorrow' }],
    ['eta', { eta: 5 }],
    ['expires', { expires: '2024-02-30T00:00:00' }],
    ['expires', { expires: {} }],
    ['retries', { retries: -1 }],
    ['retries', { retries: '1' }],
    ['timelimit', { timelimit: ['1', 2] }],
    ['timelimit', { timelimit: 5 }],
    ['timelimit', { timelimit: [-1, null] }],
    ['group_index', { group_index: 1.5 }],
  ])('names the field %s of %j', (field, headers) => {
    const complete = field === 'task' || field === 'id' ? headers : { task: 'a', id: 'b', ...headers };

    expect(() => readTaskMessage(received(complete, [[], {}, {}]), decode)).toThrow(
      expect.objectContaining({ name: 'InvalidTaskMessage', code: 'TQ_INVALID_TASK_MESSAGE', field }),
    );
  });

  it('lets fields pass that nothing is decided by', () => {
    const odd = {
      task: 'a',
      id: 'b',
      lang: 1,
      shadow: {},
      origin: [],
      argsrepr: 5,
      stamps: 1,
      stamped_headers: [1],
      ignore_result: 'yes',
      root_id: 5,
    };

    expect(readHead(received(odd, []))).toMatchObject({
      lang: undefined,
      shadow: undefined,
      stamps: {},
      stampedHeaders: undefined,
      ignoreResult: undefined,
    });
  });

  it.each([
    ['body', 'text'],
    ['body', [[]]],
    ['body', {}],
    ['body', null],
    ['args', [{}, {}, {}]],
    ['args', ['ab', {}, {}]],
    ['kwargs', [[], [], {}]],
    ['kwargs', [[], 1, {}]],
    ['embed', [[], {}, 1]],
    ['callbacks', [[], {}, { callbacks: 1 }]],
    ['errbacks[1]', [[], {}, { errbacks: [{ task: 'a' }, {}] }]],
    ['chain[0].args', [[], {}, { chain: [{ task: 'a', args: 1 }] }]],
    ['chord', [[], {}, { chord: [] }]],
  ])('names the part %s of the body %j', (field, value) => {
    const { body } = readTaskMessage(received({ task: 'a', id: 'b', retries: 0 }, value), decode);

    expect(body).toThrow(expect.objectContaining({ name: 'InvalidTaskMessage', field }));
  });

  it('does not take a typed value for a map', () => {
    const { body } = readTaskMessage(
      received({ task: 'a', id: 'b', retries: 0 }, [[], { __type__: 'bytes', __value__: 'x' }, {}]),
      decode,
    );

    expect(body).toThrow(InvalidTaskMessage);
  });

  it('takes missing parts for empty ones', () => {
    const { body } = readTaskMessage(received({ task: 'a', id: 'b', retries: 0 }, [null, null]), decode);

    expect(body()).toEqual({ args: [], kwargs: {}, callbacks: [], errbacks: [], chain: [], chord: undefined });
  });

  it('throws nothing but errors of its own, whatever the headers and the body', () => {
    const names = fc.constantFrom(
      'task',
      'id',
      'eta',
      'expires',
      'retries',
      'timelimit',
      'group',
      'stamps',
      'args',
      'kwargs',
      'callbacks',
      'chord',
      '__proto__',
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('a', '2024-02-03T04:05:06', [1, null], [[], {}, {}]),
    );
    const map = fc.dictionary(names, value);
    fc.assert(
      fc.property(map, fc.oneof(map, value), map, (headers, content, properties) => {
        try {
          readTaskMessage(received(headers, content, properties), decode).body();
        } catch (error) {
          expect(error).toBeInstanceOf(TaskQueueError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('messages of protocol 1', () => {
  const v1 = {
    task: 'a',
    id: 'b',
    args: [1],
    kwargs: { k: 2 },
    retries: 3,
    eta: '2030-01-02T03:04:05',
    utc: true,
    group: 'g',
    taskset: 't',
    custom: 1,
  };

  it('have everything in the body', () => {
    const { head, body } = readTaskMessage(received({}, v1), decode, 'Europe/Paris');

    expect(head).toMatchObject({
      protocol: 1,
      task: 'a',
      id: 'b',
      retries: 3,
      groupId: 't',
      headers: { custom: 1 },
      etaMs: Date.parse('2030-01-02T03:04:05Z'),
    });
    expect(body()).toMatchObject({ args: [1], kwargs: { k: 2 }, chain: [] });
  });

  it('say by utc what their dates are in', () => {
    const { head } = readTaskMessage(received({}, { ...v1, utc: false }), decode, 'Europe/Paris');

    expect(head.etaMs).toBe(Date.parse('2030-01-02T02:04:05Z'));
  });

  it('may leave out their arguments', () => {
    expect(readTaskMessage(received({}, { task: 'a', id: 'b' }), decode).body()).toMatchObject({
      args: [],
      kwargs: {},
    });
  });

  it('are hybrids where headers have a task too; headers win', () => {
    const { head, body } = readTaskMessage(
      received({ task: 'h', id: 'i', shadow: 's' }, { ...v1, retries: 3 }),
      decode,
    );

    expect(head).toMatchObject({ protocol: 2, task: 'h', id: 'i', shadow: 's', retries: 3 });
    expect(body().kwargs).toEqual({ k: 2 });
  });
});

describe('a body', () => {
  const signature: SignatureMap = {
    task: 'next',
    args: [],
    kwargs: {},
    options: {},
    subtask_type: null,
    immutable: false,
  };

  it('is written with null for what does not follow', () => {
    const body = formatBody({ args: [1], kwargs: {}, callbacks: [], errbacks: [], chain: [], chord: undefined });

    expect(body).toEqual([[1], {}, { callbacks: null, errbacks: null, chain: null, chord: null }]);
    expect(JSON.parse(formatBodyJson('[1]', '{}'))).toEqual(body);
  });

  it('is read as it was written', () => {
    const body = {
      args: [1],
      kwargs: { a: 2 },
      callbacks: [signature],
      errbacks: [],
      chain: [signature, signature],
      chord: signature,
    };

    expect(parseBody(formatBody(body))).toEqual(body);
  });

  it('has single signatures for lists of one, and fills in the keys they lack', () => {
    const { callbacks } = parseBody([
      [],
      {},
      { callbacks: { task: 'next', chord_size: 2, options: { immutable: true, queue: 'q' } } },
    ]);

    expect(callbacks).toEqual([{ ...signature, chord_size: 2, options: { queue: 'q' } }]);
  });
});
