import { describe, expect, it } from 'vitest';
import { newId } from '../../../lib/protocol/index.js';

describe('newId', () => {
  const ids = Array.from({ length: 10_000 }, () => newId());

  it('makes random UUIDs of version 4', () => {
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('never makes one twice', () => {
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('leaves all other digits to chance', () => {
    const free = [...Array(36).keys()].filter((at) => ![8, 13, 14, 18, 19, 23].includes(at));

    for (const at of free) {
      const counts = new Map<string, number>();
      for (const id of ids) counts.set(id.charAt(at), (counts.get(id.charAt(at)) ?? 0) + 1);
      expect(counts.size).toBe(16);
      for (const count of counts.values()) expect(Math.abs(count - 625)).toBeLessThan(200); // eight standard deviations
    }
  });
});
