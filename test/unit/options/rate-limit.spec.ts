import { describe, expect, it } from 'vitest';
import { resolveRateLimit, type RateLimit } from '../../../lib/options/index.js';

const resolve = (given: unknown) => resolveRateLimit(given as RateLimit, 'rateLimit');

describe('a rate limit', () => {
  it.each<[RateLimit, number, 'worker' | 'cluster']>([
    ['10/s', 100, 'worker'],
    ['100/m', 600, 'worker'],
    ['5/h', 720_000, 'worker'],
    ['0.5/s', 2_000, 'worker'],
    ['4', 250, 'worker'],
    [20, 50, 'worker'],
    [{ limit: '50/s' }, 20, 'worker'],
    [{ limit: 50, scope: 'cluster' }, 20, 'cluster'],
  ])('%j is one token each %d ms, of a %s', (given, intervalMs, scope) => {
    expect(resolve(given)).toMatchObject({ intervalMs, scope });
  });

  it.each([[undefined], [null], [0], [''], ['0/m'], [{ limit: 0, scope: 'cluster' }]])('is none as %j', (given) => {
    expect(resolve(given)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    ['often', `"rateLimit" to be a number of tasks a second, or a text such as '10/s'`],
    ['10/d', '"rateLimit" to be a number'],
    [-1, '"rateLimit" to be a number'],
    [NaN, '"rateLimit" to be a number'],
    [{ limit: 'x' }, '"rateLimit.limit" to be a number'],
    [{ scope: 'cluster' }, '"rateLimit.limit" to be a number'],
    [{ limit: 1, scope: 'fleet' }, '"rateLimit.scope" to be one of "worker", "cluster"'],
    [{ limit: 1, per: 'worker' }, 'rateLimit.per'],
  ])('is refused as %j', (given, message) => {
    expect(() => resolve(given)).toThrow(message);
  });

  it('keeps the scope it is told of where it has none', () => {
    expect(resolveRateLimit('1/s', 'rateLimit', 'cluster')?.scope).toBe('cluster');
    expect(resolveRateLimit({ limit: 1, scope: 'worker' }, 'rateLimit', 'cluster')?.scope).toBe('worker');
  });
});
