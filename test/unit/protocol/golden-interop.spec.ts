import { describe, expect, it } from 'vitest';
import { DecodeError, InvalidTaskMessage } from '../../../lib/errors/index.js';
import { EnvelopeMessage, readTaskMessage, type TaskMessage } from '../../../lib/protocol/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import { readVector, readVectors } from '../../fixtures/wire/vectors.js';

const serialization = new Serialization();

function read(name: string): TaskMessage {
  const { message, entry } = readVector('interop', name);
  const envelope = message ?? (entry as readonly unknown[])[0];
  return readTaskMessage(new EnvelopeMessage(JSON.stringify(envelope)), (each) => serialization.decode(each));
}

describe('messages by hand that the Python worker runs', () => {
  const ran = readVectors('interop').filter(
    (vector) => (vector.message ?? vector.entry) !== undefined && vector.result !== null,
  );

  it.each(ran.map(({ name }) => name))('%s', (name) => {
    const { head, body } = read(name);

    expect(head.id).toBe((readVector('interop', name).result as { task_id: string }).task_id);
    expect(body().args.length).toBeGreaterThan(0);
  });

  it('dates with Z and milliseconds are moments', () => {
    const { head } = read('lang_js_and_z_dates');

    expect([head.etaMs, head.expiresMs]).toEqual([
      Date.parse('2020-01-01T00:00:00.123Z'),
      Date.parse('2099-01-01T00:00:00.123Z'),
    ]);
  });

  it('headers nobody knows are the sender’s own', () => {
    expect(read('extra_header_and_embed').head.headers).toEqual({ 'x-new': { a: 1 } });
  });

  it('gzip framing is refused, as in Python', () => {
    const { head, body } = readTaskMessage(
      new EnvelopeMessage(JSON.stringify(readVector('interop', 'gzip_framing').message)),
      // few headers, so that the body is looked at; a worker that reads the head alone gets as far as the body
      (each) => (each.headers['compression'] === undefined ? serialization.decode(each) : undefined),
    );

    expect(head.task).toBe('wiretasks.add');
    expect(() => body()).toThrow(InvalidTaskMessage);
    expect(() => read('gzip_framing')).toThrow(DecodeError);
  });
});
