import { describe, expect, it } from 'vitest';
import { formatTag, parseTag } from '../../../../lib/brokers/virtual/delivery-tag.js';

describe('delivery tags', () => {
  it('say owner, message and take', () => {
    expect(parseTag(formatTag('abc123', 42, 7))).toEqual({ owner: 'abc123', id: 42, take: 7 });
  });

  it.each(['', 'abc', 'abc.1', 'abc.1.2.3', '.1.2', 'abc.x.2', 'abc.0.1', '7f1c9d2e-uuid'])(
    'are not what %j is',
    (text) => {
      expect(parseTag(text)).toBeUndefined();
    },
  );
});
