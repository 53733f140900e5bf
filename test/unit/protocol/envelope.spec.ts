import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UndecodableMessage } from '../../../lib/errors/index.js';
import {
  editEnvelope,
  EnvelopeMessage,
  formatEnvelope,
  OutgoingEnvelope,
  withRedelivered,
  type OutgoingMessage,
  type ReceivedMessage,
} from '../../../lib/protocol/index.js';
import { envelopesOf, readVectors } from '../../fixtures/wire/vectors.js';

const recorded = ['messages-redis', 'celery-5.2.6/messages-redis'].flatMap((file) =>
  readVectors(file).flatMap(envelopesOf),
);

const outgoing = (more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  id: 'id-1',
  task: 'proj.add',
  headers: '{"task": "proj.add", "id": "id-1", "n": 12345678901234567890}',
  body: '[[1, "hé"], {}, {}]',
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  correlationId: 'id-1',
  replyTo: '',
  deliveryMode: 2,
  priority: 0,
  expiration: undefined,
  etaMs: undefined,
  queue: 'celery',
  exchange: '',
  routingKey: 'celery',
  ...more,
});

const seen = ({ headers, properties, contentType, contentEncoding, body, envelope }: ReceivedMessage): unknown => ({
  headers,
  properties,
  contentType,
  contentEncoding,
  body,
  envelope,
});

describe('EnvelopeMessage', () => {
  it('reads nothing before it is asked to', () => {
    expect(() => new EnvelopeMessage('no JSON')).not.toThrow();
    expect(new EnvelopeMessage('no\tJSON\n').envelope).toBe('no JSON ');
  });

  it.each([
    ['not_json', '{'],
    ['not_json', ''],
    ['not_json', '['.repeat(10_000)],
    ['not_an_object', '[1]'],
    ['not_an_object', 'null'],
    ['no_headers', '{"body": ""}'],
    ['no_headers', '{"body": "", "headers": []}'],
    ['no_headers', '{"body": "", "headers": null}'],
    ['no_body', '{"headers": {}}'],
    ['no_body', '{"headers": {}, "body": [1]}'],
    ['bad_properties', '{"headers": {}, "body": "", "properties": "x"}'],
  ])('says %s of %.40s', (reason, text) => {
    for (const property of ['headers', 'properties', 'contentType', 'contentEncoding', 'body'] as const) {
      expect(() => new EnvelopeMessage(text)[property]).toThrow(
        expect.objectContaining({ code: 'TQ_UNDECODABLE_MESSAGE', reason }),
      );
    }
  });

  it('says bad_body of text that is not UTF-8, and still reads the headers', () => {
    const message = new EnvelopeMessage(
      '{"headers": {"a": 1}, "body": "/w==", "content-encoding": "utf-8", "properties": {"body_encoding": "base64"}}',
    );

    expect(message.headers).toEqual({ a: 1 });
    expect(() => message.body).toThrow(expect.objectContaining({ reason: 'bad_body' }));
  });

  it('takes the body as it is without base64', () => {
    const message = new EnvelopeMessage('{"headers": {}, "body": "[[2, 3], {}, {}]"}');

    expect(message.body).toBe('[[2, 3], {}, {}]');
    expect(message.contentEncoding).toBe('utf-8');
    expect(message.contentType).toBe('application/data');
    expect(message.properties).toEqual({
      correlationId: undefined,
      replyTo: undefined,
      priority: 0,
      deliveryTag: undefined,
      exchange: '',
      routingKey: '',
      redelivered: false,
    });
  });

  it('hands out bytes where the content is binary or compressed', () => {
    const bytes = Buffer.from([1, 2, 255]);
    const binary = new EnvelopeMessage(formatEnvelope(outgoing({ body: bytes, contentEncoding: 'binary' }), 't'));
    const compressed = new EnvelopeMessage(
      formatEnvelope(outgoing({ body: bytes, headers: '{"compression": "zlib"}' }), 't'),
    );

    expect([binary.body, compressed.body]).toEqual([bytes, bytes]);
  });

  it('keeps pretty-printed envelopes on one line', () => {
    const text = JSON.stringify(JSON.parse(recorded[0] as string), null, '\t');
    const message = new EnvelopeMessage(text);

    expect(message.envelope).not.toMatch(/[\n\t\r]/);
    expect(seen(new EnvelopeMessage(message.envelope))).toEqual(seen(message));
  });

  it('throws nothing but UndecodableMessage, whatever the text', () => {
    const fragment = fc.constantFrom(
      ...'{}[]:,"1 \n',
      '"headers":',
      '"body":',
      '"properties":',
      '"content-encoding":',
      '{}',
      '""',
      'null',
      '"utf-8"',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 20 }), (parts) => {
        const message = new EnvelopeMessage(parts.join(''));
        for (const property of ['headers', 'properties', 'contentType', 'body'] as const) {
          try {
            void message[property];
          } catch (error) {
            expect(error).toBeInstanceOf(UndecodableMessage);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('formatEnvelope', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  const messages = fc.record({
    headers: fc
      .dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }))
      .map((headers) => JSON.stringify({ ...headers, compression: null, redelivered: false })),
    body: fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array()),
    correlationId: text,
    replyTo: text,
    exchange: text,
    routingKey: text,
    priority: fc.nat(20),
    expiration: fc.option(fc.nat().map(String), { nil: undefined }),
  });

  it('is read again as what the memory broker hands out at once', () => {
    fc.assert(
      fc.property(messages, text, (fields, tag) => {
        const message = outgoing({ ...fields, contentEncoding: typeof fields.body === 'string' ? 'utf-8' : 'binary' });

        const read = new EnvelopeMessage(formatEnvelope(message, tag));
        const direct = new OutgoingEnvelope(message, tag || 'tag');

        expect(read.envelope).not.toMatch(/[\n\t\r]/);
        expect({ headers: read.headers, body: Buffer.from(read.body as string) }).toEqual({
          headers: direct.headers,
          body: Buffer.from(direct.body as string),
        });
        expect({ ...read.properties, deliveryTag: '' }).toEqual({ ...direct.properties, deliveryTag: '' });
      }),
    );
  });

  it('keeps integers of any size in headers', () => {
    const message = new OutgoingEnvelope(outgoing(), 't');

    expect(message.headers['n']).toBe(12345678901234567890n);
    expect(message.envelope).toContain('"n": 12345678901234567890}');
  });
});

describe('withRedelivered', () => {
  it.each(recorded.map((raw, index): [number, string] => [index, raw]))(
    'changes two flags of recorded message %i and nothing else',
    (_index, raw) => {
      const marked = withRedelivered(raw, 'new-tag');

      const expected = JSON.parse(raw) as { headers: object; properties: { delivery_info: object } };
      Object.assign(expected.headers, { redelivered: true });
      Object.assign(expected.properties, { delivery_tag: 'new-tag' });
      Object.assign(expected.properties.delivery_info, { redelivered: true });
      expect(marked).toBe(asPython(expected));
      expect(withRedelivered(marked, 'new-tag')).toBe(marked);
      expect(new EnvelopeMessage(marked).properties).toMatchObject({ redelivered: true, deliveryTag: 'new-tag' });
    },
  );

  it('rounds no number and touches no other field', () => {
    const envelope =
      '{ "x" : 1.0, "headers": {"n":12345678901234567890,"f":1.50},"body":"","properties":{"priority":0} }';

    expect(withRedelivered(envelope)).toBe(
      '{"x" : 1.0, "headers": {"n":12345678901234567890, "f":1.50, "redelivered": true}, "body":"", "properties":{"priority":0}}',
    );
  });

  it.each(['', '[]', '{"headers": {"a"}}', '{"headers": {}', 'x'])('refuses %j', (text) => {
    expect(() => withRedelivered(text)).toThrow(UndecodableMessage);
  });

  it('leaves out maps that are not there', () => {
    expect(
      editEnvelope('{"headers": null, "properties": {"delivery_info": null}}', {
        headers: { a: '1' },
        deliveryInfo: { b: '2' },
      }),
    ).toBe('{"headers": null, "properties": {"delivery_info": null}}');
  });
});

/** `json.dumps` of a value whose texts are ASCII or were escaped. */
function asPython(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asPython).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, each]) => `${asPython(key)}: ${asPython(each)}`)
      .join(', ')}}`;
  }
  const text = JSON.stringify(value);
  return text.replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
