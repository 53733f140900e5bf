import { describe, expect, it } from 'vitest';
import { Serialization } from '../../../lib/serialization/index.js';
import { VirtualClock } from '../../../lib/time/index.js';
import { checkReceivedSize, EnvelopeMessage, formatEnvelope, OutgoingEnvelope } from '../../../lib/protocol/index.js';
import { setupFactory } from '../client/fakes.js';

const factory = setupFactory({ clock: new VirtualClock() });
const LIMIT = 2_048;

/** A message that takes as much. */
function messageOf(bytes: number) {
  const create = (text: string) =>
    factory.create({ task: 'a', args: [text], kwargs: {}, argsRepr: '', kwargsRepr: '', id: 'i', replyTo: 'r' });
  const { body, headers } = create('');
  return create('x'.repeat(bytes - body.length - headers.length));
}

const check = (envelope: string) => (): void => checkReceivedSize(new EnvelopeMessage(envelope), LIMIT);

describe('checkReceivedSize', () => {
  it.each([0, 1, 2])('lets pass what its sender lets pass, and refuses one byte more (%i bytes of padding)', (more) => {
    const limit = LIMIT + more;
    const sender = new Serialization({ maxMessageBytes: limit });
    const [fits, not] = [messageOf(limit), messageOf(limit + 1)];

    expect(() => sender.checkSize(fits)).not.toThrow();
    expect(() => checkReceivedSize(new EnvelopeMessage(formatEnvelope(fits, 't')), limit)).not.toThrow();
    expect(() => sender.checkSize(not)).toThrow(`takes ${limit + 1} bytes`);
    expect(() => checkReceivedSize(new EnvelopeMessage(formatEnvelope(not, 't')), limit)).toThrow(
      `A message takes ${limit + 1} bytes, more than the ${limit}`,
    );
  });

  it('counts the headers', () => {
    expect(check(JSON.stringify({ body: '', headers: { big: 'x'.repeat(LIMIT) }, properties: {} }))).toThrow(
      'takes 2058',
    );
  });

  it('counts a body that is no base64 as it is written', () => {
    expect(check(JSON.stringify({ body: 'x'.repeat(LIMIT), headers: {}, properties: {} }))).toThrow('takes 2050 bytes');
  });

  it('counts a text that is no envelope as a whole', () => {
    expect(check(`{"body": ${'ä'.repeat(LIMIT)}`)).toThrow(`takes ${2 * LIMIT + 9} bytes`);
    expect(check('[7')).not.toThrow();
  });

  it('leaves alone what never was a text', () => {
    const message = new OutgoingEnvelope(messageOf(2 * LIMIT), 'tag');

    expect(() => checkReceivedSize(message, LIMIT)).not.toThrow();
  });
});
