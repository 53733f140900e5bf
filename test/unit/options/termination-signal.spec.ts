import { describe, expect, it } from 'vitest';
import { resolveTerminationSignal, signalNumber } from '../../../lib/options/index.js';

describe('a signal to terminate by', () => {
  it.each<[string | number | undefined, string]>([
    [undefined, 'SIGTERM'],
    ['SIGKILL', 'SIGKILL'],
    ['kill', 'SIGKILL'],
    ['TERM', 'SIGTERM'],
    [9, 'SIGKILL'],
    ['15', 'SIGTERM'],
  ])('is %j as %s', (given, signal) => {
    expect(resolveTerminationSignal(given)).toBe(signal);
  });

  it.each(['SIGUSR1', 'nonsense', '', 0, 10])('is not %j', (given) => {
    expect(() => resolveTerminationSignal(given)).toThrow('"signal" to be one of SIGTERM, SIGKILL');
  });

  it('has the number that Celery tells it by', () => {
    expect([signalNumber('SIGTERM'), signalNumber('SIGKILL')]).toEqual([15, 9]);
  });
});
