import { describe, expect, it } from 'vitest';
import { InvalidControlMessageError } from '../../../lib/errors/index.js';
import {
  EnvelopeMessage,
  formatControlReply,
  formatControlRequest,
  parseControlReply,
  parseControlRequest,
} from '../../../lib/protocol/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import { readVectors } from '../../fixtures/wire/vectors.js';

interface Recorded {
  readonly raw: string;
}

const serialization = new Serialization();
const decode = ({ raw }: Recorded): unknown => serialization.decode(new EnvelopeMessage(raw));

describe.each(['control-redis', 'celery-5.2.6/control-redis'])('control messages as in %s', (file) => {
  const vectors = readVectors(file);

  it('are read, and written as they were', () => {
    for (const { request } of vectors) {
      const { body } = new EnvelopeMessage((request as Recorded).raw);
      const read = parseControlRequest(decode(request as Recorded));

      const written = serialization.encode('json', formatControlRequest(read)).body;

      const plain = (text: unknown): string =>
        String(text).replaceAll(/\s/g, '').replaceAll('.0,', ',').replaceAll('.0}', '}');
      expect(plain(written)).toBe(plain(body));
    }
  });

  it('are answered by the node that was asked', () => {
    const replies = vectors.flatMap(({ reply }) => (reply ? [reply as Recorded] : []));
    expect(replies.length).toBeGreaterThan(30);
    for (const reply of replies) {
      const [[node, value] = ['', null], ...others] = parseControlReply(decode(reply));

      expect([node, others]).toEqual(['wire@wirehost', []]);
      expect(formatControlReply(node, value)).toEqual(decode(reply));
    }
  });
});

describe('a control request', () => {
  it('may leave out all but its method, and say more than is known', () => {
    expect(parseControlRequest({ method: 'ping', operation: 'x' })).toEqual({ method: 'ping', arguments: {} });
    expect(
      parseControlRequest({ method: 'ping', arguments: null, destination: [], pattern: '', ticket: null }),
    ).toEqual({
      method: 'ping',
      arguments: {},
    });
  });

  it.each([
    ['no map', [], /Expected a control message to be a map with the field "method", got/],
    ['nothing', null, /a control message/],
    ['no method', {}, /field "method" of a control message to be the name of a command, got undefined/],
    ['a method that is no text', { method: 3 }, /field "method"/],
    ['arguments in a list', { method: 'x', arguments: [1] }, /field "arguments" .* a map of keyword arguments/],
    ['a destination of numbers', { method: 'x', destination: [1] }, /field "destination" .* a list of node names/],
    ['a pattern that is no text', { method: 'x', pattern: {} }, /field "pattern"/],
    ['nowhere to reply to', { method: 'x', reply_to: {} }, /field "reply_to"/],
    ['a ticket that is no text', { method: 'x', ticket: 1 }, /field "ticket"/],
  ])('is refused with %s', (_, body, message) => {
    expect(() => parseControlRequest(body)).toThrow(InvalidControlMessageError);
    expect(() => parseControlRequest(body)).toThrow(message);
  });

  it('has no reply that is no map', () => {
    expect(() => parseControlReply('pong')).toThrow(/a map of node names to replies, got "pong"/);
  });
});
