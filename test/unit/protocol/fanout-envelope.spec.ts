import { describe, expect, it } from 'vitest';
import { EnvelopeMessage, FanoutEnvelopeBytes, formatFanoutEnvelope } from '../../../lib/protocol/index.js';
import { readVectors } from '../../fixtures/wire/vectors.js';

interface Recorded {
  readonly raw: string;
}

/** All that was recorded of remote control and events. */
const recorded = ['', 'celery-5.2.6/'].flatMap((folder) => [
  ...readVectors(`${folder}control-redis`).flatMap(({ request, reply }) => [request, reply] as Recorded[]),
  ...readVectors(`${folder}events-redis`).flatMap(({ events }) => events as Recorded[]),
]);

describe('the envelope of what is sent to all', () => {
  const raws = recorded.filter((each) => each !== undefined && each !== null).map(({ raw }) => raw);

  it('is that of kombu, byte for byte', () => {
    expect(raws.length).toBeGreaterThan(100);
    for (const raw of raws) {
      const message = new EnvelopeMessage(raw);
      const { properties } = JSON.parse(raw) as { properties: { delivery_mode: 1 | 2; delivery_tag: string } };

      const written = formatFanoutEnvelope(
        {
          exchange: message.properties.exchange,
          routingKey: message.properties.routingKey,
          headers: message.headers,
          contentType: message.contentType,
          contentEncoding: message.contentEncoding,
          deliveryMode: properties.delivery_mode,
          body: message.body,
        },
        properties.delivery_tag,
      );

      expect(written).toBe(raw);
    }
  });

  it('is the same where it writes itself as bytes', () => {
    for (const length of [0, 1, 2, 3, 6_143, 6_144, 6_145, 20_000]) {
      const content = {
        exchange: 'celeryev',
        routingKey: 'task.multi',
        headers: { hostname: 'wörker@h' },
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        deliveryMode: 1,
        body: Buffer.from(Array.from({ length }, (_, index) => index % 256)),
      } as const;
      const envelope = new FanoutEnvelopeBytes(content, 'tag');
      const target = Buffer.alloc(5 + envelope.length);

      envelope.writeTo(target, 5);

      expect(target.subarray(5).toString()).toBe(formatFanoutEnvelope(content, 'tag'));
    }
  });
});
