import { describe, expect, it } from 'vitest';
import { UndecodableMessage } from '../../../lib/errors/index.js';
import {
  EnvelopeMessage,
  formatDeadLetter,
  readDeath,
  withDeath,
  withoutDeath,
  type Death,
} from '../../../lib/protocol/index.js';
import { envelopesOf, readVectors } from '../../fixtures/wire/vectors.js';

const death: Death = {
  queue: 'celery',
  reason: 'rejected',
  error: 'Error: "no"\n  at x',
  timeMs: Date.parse('2026-11-22T22:36:57.713Z'),
  count: 1,
  exchange: '',
  routingKey: 'celery',
};
const envelope = envelopesOf(readVectors('messages-redis')[0] as never)[0] as string;

describe('a dead letter', () => {
  it("has RabbitMQ's history and the error in its headers, and is the same message otherwise", () => {
    const dead = new EnvelopeMessage(formatDeadLetter(envelope, death, 'tag'));
    const alive = new EnvelopeMessage(envelope);

    const { 'x-death': deaths, 'x-death-error': error, ...headers } = dead.headers;
    expect(deaths).toEqual([
      {
        count: 1,
        exchange: '',
        queue: 'celery',
        reason: 'rejected',
        'routing-keys': ['celery'],
        time: { __type__: 'datetime', __value__: '2026-11-22T22:36:57.713000+00:00' },
      },
    ]);
    expect(error).toBe(death.error);
    expect(headers).toEqual(alive.headers);
    expect([dead.body, dead.properties]).toEqual([alive.body, alive.properties]);
    expect(dead.envelope).not.toMatch(/[\n\t\r]/);
  });

  it('tells of its death again', () => {
    expect(readDeath(new EnvelopeMessage(withDeath(envelope, death)))).toEqual(death);
    expect(readDeath(new EnvelopeMessage(envelope))).toBeUndefined();
  });

  it('keeps earlier deaths behind the latest', () => {
    const twice = new EnvelopeMessage(
      withDeath(withDeath(envelope, death), { ...death, reason: 'delivery_limit', count: 3 }),
    );

    expect((twice.headers['x-death'] as readonly { reason: string }[]).map(({ reason }) => reason)).toEqual([
      'delivery_limit',
      'rejected',
    ]);
    expect(readDeath(twice)).toMatchObject({ reason: 'delivery_limit', count: 3 });
  });

  it('is sent again without its history and its marks', () => {
    const marked = withDeath(envelope, death).replace(
      '"routing_key": "celery"',
      '"routing_key": "celery", "redelivered": true',
    );

    expect(withoutDeath(marked, new EnvelopeMessage(marked))).toBe(envelope);
    const again = withoutDeath(marked, new EnvelopeMessage(marked), 'new') as string;
    expect(new EnvelopeMessage(again).properties.deliveryTag).toBe('new');
  });

  it("reads the history RabbitMQ's own dead letters have", () => {
    const headers = {
      'x-death': [
        { queue: 'q', reason: 'expired', count: 2, time: 1_700_000_000, exchange: 'e', 'routing-keys': ['k'] },
      ],
    };
    const message = new EnvelopeMessage(JSON.stringify({ headers, body: '' }));

    expect(readDeath(message)).toEqual({
      queue: 'q',
      reason: 'expired',
      error: '',
      timeMs: 1_700_000_000_000,
      count: 2,
      exchange: 'e',
      routingKey: 'k',
    });
  });

  it.each([[[{}]], [[{ time: 'yesterday', 'routing-keys': 1 }]]])('makes do with the history %j', (deaths) => {
    const message = new EnvelopeMessage(JSON.stringify({ headers: { 'x-death': deaths }, body: '' }));

    expect(readDeath(message)).toMatchObject({ queue: '', timeMs: 0, routingKey: '' });
  });
});

describe('a dead letter of what is no envelope', () => {
  it.each<[string, string | Uint8Array]>([
    ['no JSON', 'hello, wörld\n\t"'],
    ['a list', '[1]'],
    ['no headers', '{"body": ""}'],
    ['no body', '{"headers": {}}'],
    ['nothing', ''],
    ['bytes that are text', Buffer.from('{"hé')],
    ['other bytes', Uint8Array.of(0xff, 0, 0x80)],
    ['too deep', '['.repeat(5_000)],
  ])('keeps %s, and gives it back', (_name, raw) => {
    const text = formatDeadLetter(raw, { ...death, reason: 'undecodable' }, 'tag');
    const message = new EnvelopeMessage(text);

    expect(readDeath(message)).toMatchObject({ reason: 'undecodable', error: death.error });
    expect(message.contentType).toBe('application/octet-stream');
    expect(message.properties).toMatchObject({ deliveryTag: 'tag', routingKey: 'celery' });
    expect(Buffer.from(withoutDeath(text, message) as string)).toEqual(Buffer.from(raw as string));
  });

  it('is an envelope itself, and can die again', () => {
    const once = formatDeadLetter('x', death, 'tag');
    const twice = formatDeadLetter(once, { ...death, queue: 'celery.dead' }, 'tag2');

    expect(readDeath(new EnvelopeMessage(twice))).toMatchObject({ queue: 'celery.dead' });
    expect(withoutDeath(twice, new EnvelopeMessage(twice))).toBe('x');
  });

  it('refuses to add a death to what is no envelope', () => {
    expect(() => withDeath('x', death)).toThrow(UndecodableMessage);
  });
});
