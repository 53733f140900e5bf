import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatRedisTag,
  isRedelivered,
  parseRedisTag,
  recordTail,
  routingKeyAtEnd,
  splitRecord,
} from '../../../../lib/brokers/redis/redis-record.js';
import { keysOf, readVectors } from '../../../fixtures/wire/vectors.js';

describe('a delivery tag of ours', () => {
  it('is read as it was written', () => {
    const owner = fc.stringMatching(/^[a-z0-9]{12}$/);
    fc.assert(
      fc.property(owner, fc.nat({ max: 9 }), fc.nat(), (name, step, number) => {
        expect(parseRedisTag(formatRedisTag(name, step, number))).toEqual({ owner: name, step, number });
      }),
    );
  });

  it.each([
    '',
    'ntq',
    'ntq:a:1',
    'ntq:a:b:1',
    'ntq::1:2',
    'ntq:a:1:2:3',
    '6750cb94-415e-47aa-a5ec-1ea0c66b6dcb',
    ' ntq:a:1:2',
  ])('is not %j', (tag) => {
    expect(parseRedisTag(tag)).toBeUndefined();
  });
});

describe('a record of unacked', () => {
  const recorded = readVectors('redis-broker')
    .flatMap((vector) =>
      ['before', 'after', 'keys', 'keys_busy'].flatMap((moment) => (vector[moment] ? keysOf(vector, moment) : [])),
    )
    .filter(({ key, type }) => key.endsWith('unacked') && type === 'hash')
    .flatMap(({ value }) => Object.values(value as Record<string, string>));

  it('is cut as kombu wrote it, the envelope letter for letter', () => {
    expect(recorded.length).toBeGreaterThan(3);
    for (const record of recorded) {
      const [envelope, exchange, routingKey] = JSON.parse(record) as [unknown, string, string];
      const parts = splitRecord(record);
      expect(parts).toMatchObject({ exchange, routingKey });
      expect(JSON.parse(parts?.envelope ?? '')).toEqual(envelope);
      expect(record).toContain(parts?.envelope);
    }
  });

  it('of ours is cut again, whatever the queue is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.json(), (queue, value) => {
        const envelope = `{"body": ${value}}`;
        const record = `[${envelope}${recordTail(queue)}`;
        expect(splitRecord(record)).toEqual({ envelope, exchange: '', routingKey: queue });
        expect(routingKeyAtEnd(record.slice(-Math.max(300, recordTail(queue).length)))).toBe(queue);
      }),
    );
  });

  it('may be of any size', () => {
    const envelope = `{"body": "${'x'.repeat(3_000_000)}"}`;

    expect(splitRecord(`[${envelope}, "ex", "key"]`)).toEqual({ envelope, exchange: 'ex', routingKey: 'key' });
  });

  it.each([
    '',
    'garbage',
    '[]',
    '[1]',
    '{"a": 1, "b", "c"]',
    '[{"body": 1}, "ex"]',
    '[{}, "a", "b"] more',
    '[{}, "a", "b\\x"]',
  ])('is not %j', (record) => {
    expect(splitRecord(record)).toBeUndefined();
  });
});

describe('isRedelivered', () => {
  it.each([
    ['{"headers": {"redelivered": true}}', true],
    ['{"headers":{"redelivered":true}}', true],
    ['{"headers": {"redelivered": false}}', false],
    ['{"headers": {"argsrepr": "\\"redelivered\\": true"}}', false],
    ['{}', false],
  ])('%s: %s', (envelope, expected) => {
    expect(isRedelivered(envelope)).toBe(expected);
  });
});
