import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  ContentDisallowed,
  DecodeError,
  EncodeError,
  InvalidOptionError,
  MessageTooLargeError,
} from '../../../lib/errors/index.js';
import { Serialization, type ReceivedContent, type Serializer } from '../../../lib/serialization/index.js';

const reversed: Serializer = {
  name: 'reversed',
  contentType: 'application/x-reversed',
  contentEncoding: 'binary',
  encode: (value) => Buffer.from(JSON.stringify(value)).reverse(),
  decode: (data) =>
    JSON.parse(
      Buffer.from(data as Uint8Array)
        .reverse()
        .toString(),
    ) as unknown,
};

const json = (body: string | Uint8Array, more: Partial<ReceivedContent> = {}): ReceivedContent => ({
  body,
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  ...more,
});

describe('Serialization', () => {
  it('encodes with its content type, and decodes that again', () => {
    const serialization = new Serialization();
    const content = serialization.encode('json', [[1], { a: null }]);

    expect(content).toEqual({ body: '[[1],{"a":null}]', contentType: 'application/json', contentEncoding: 'utf-8' });
    expect(serialization.decode(content)).toEqual([[1], { a: null }]);
  });

  it.each(['json', 'application/json'])('accepts by name or type: %s', (accepted) => {
    expect(new Serialization({ accept: [accepted] }).acceptedTypes).toEqual(['application/json']);
  });

  it('takes serializers of others', () => {
    const serialization = new Serialization({ accept: ['reversed'], serializers: [reversed] });

    expect(serialization.decode(serialization.encode('reversed', [1]))).toEqual([1]);
    expect(() => serialization.decode(json('1'))).toThrow(ContentDisallowed);
  });

  it.each([
    ['application/x-python-serialize', 'list "pickle"'],
    ['application/x-yaml', 'list "yaml"'],
    ['application/x-unheard-of', 'list "application/x-unheard-of"'],
    ['', 'application/data'],
  ])('refuses the content type %j untouched', (contentType, hint) => {
    const refused = (): unknown =>
      new Serialization().decode({
        get body(): never {
          throw new Error('touched');
        },
        contentType,
        contentEncoding: 'binary',
      });

    expect(refused).toThrow(ContentDisallowed);
    expect(refused).toThrow(hint);
  });

  it('refuses to accept what nothing can read, or to write what is unknown', () => {
    expect(() => new Serialization({ accept: ['pickle'] })).toThrow(InvalidOptionError);
    expect(() => new Serialization({ accept: ['jsno'] })).toThrow('did you mean "json"?');
    expect(() => new Serialization().encode('yaml', 1)).toThrow('"serializer" to be one of "json"');
  });

  it('passes on what cannot be written or read', () => {
    expect(() => new Serialization().encode('json', new Map())).toThrow(EncodeError);
    expect(() => new Serialization().decode(json('{'))).toThrow(DecodeError);
  });

  it.each([
    ['utf-8', Buffer.from('"hé"')],
    ['iso-8859-1', Buffer.from('"hé"', 'latin1')],
    ['binary', Buffer.from('"hé"')],
    ['', Buffer.from('"hé"')],
  ])('reads bytes in the encoding %j', (contentEncoding, body) => {
    expect(new Serialization().decode(json(body, { contentEncoding }))).toBe('hé');
  });

  it.each([
    ['utf-8', Buffer.from('"hé"', 'latin1')],
    ['klingon', Buffer.from('1')],
  ])('refuses bytes that are not in the encoding %j', (contentEncoding, body) => {
    expect(() => new Serialization().decode(json(body, { contentEncoding }))).toThrow(
      `content encoding "${contentEncoding}"`,
    );
  });
});

describe('a compressed body', () => {
  const text = JSON.stringify(['x'.repeat(1_000)]);
  const compressed = (compression: unknown, body = deflateSync(text)): ReceivedContent =>
    json(body, { headers: { compression } });

  it.each(['application/x-gzip', 'zlib', 'gzip'])('is a zlib stream under the name %s', (name) => {
    expect(new Serialization().decode(compressed(name))).toEqual(JSON.parse(text));
  });

  it('is plain where the header is null', () => {
    expect(new Serialization().decode(compressed(null, Buffer.from(text)))).toEqual(JSON.parse(text));
  });

  it.each([
    ['gzip framing', compressed('application/x-gzip', gzipSync(text)), 'not a whole zlib stream'],
    ['half a stream', compressed('zlib', deflateSync(text).subarray(0, 10)), 'not a whole zlib stream'],
    ['another compression', compressed('application/zstd'), 'only zlib is'],
    ['a name that is none', compressed({}), 'only zlib is'],
  ])('is refused for %s', (_name, content, message) => {
    expect(() => new Serialization().decode(content)).toThrow(DecodeError);
    expect(() => new Serialization().decode(content)).toThrow(message);
  });

  it('is refused when it grows beyond the limit', () => {
    const bomb = json(deflateSync(Buffer.alloc(10_000_000, ' ')), { headers: { compression: 'zlib' } });

    expect(() => new Serialization({ maxMessageBytes: 1_000_000 }).decode(bomb)).toThrow('grow beyond 1000000 bytes');
  });
});

describe('the size of a message', () => {
  const serialization = new Serialization({ maxMessageBytes: 1_024 });
  const check = (body: string | Uint8Array, headers: string) => (): void =>
    serialization.checkSize({ task: 'a', body, headers });

  it.each([
    ['ASCII', 'x'.repeat(1_000), '{"id": "1"}'.padEnd(24)],
    ['other text, counted in bytes', 'ä'.repeat(500), 'x'.repeat(24)],
    ['bytes', Buffer.alloc(1_000), 'x'.repeat(24)],
  ])('may be the limit: %s', (_name, body, headers) => {
    expect(check(body, headers)).not.toThrow();
    expect(check(body, `${headers}x`)).toThrow(MessageTooLargeError);
  });

  it('is told with the limit and the way out', () => {
    expect(check('ä'.repeat(1_000), '{}')).toThrow(
      'The message of task "a" takes 2002 bytes, more than the 1024 of "serialization.maxMessageBytes". Keep the data elsewhere',
    );
  });
});
