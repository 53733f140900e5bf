import { describe, expect, it } from 'vitest';
import {
  resolveRedisBrokerOptions,
  stepOf,
  type RedisBrokerOptions,
} from '../../../../lib/brokers/redis/redis.options.js';
import { InvalidOptionError } from '../../../../lib/errors/index.js';

const resolve = (options: RedisBrokerOptions, url = 'redis://host') => resolveRedisBrokerOptions(url, options);

describe('resolveRedisBrokerOptions', () => {
  it("has kombu's defaults, and an hour of visibility", () => {
    expect(resolve({})).toMatchObject({
      keyPrefix: '',
      prioritySteps: [0, 3, 6, 9],
      visibilityTimeoutMs: 3_600_000,
      leaseMs: 10_000,
      allowEviction: false,
      startTimeoutMs: 5_000,
      outageTimeoutMs: 30_000,
      connectTimeoutMs: 5_000,
    });
  });

  it.each([
    [{ prioritySteps: [0] }, { prioritySteps: [0] }],
    [
      { lease: '1s', visibilityTimeout: 30_000 },
      { leaseMs: 1_000, visibilityTimeoutMs: 30_000 },
    ],
    [
      { allowEviction: true, keyPrefix: 'a:' },
      { allowEviction: true, keyPrefix: 'a:' },
    ],
    [{ startTimeout: 0 }, { startTimeoutMs: 0 }],
  ])('takes %j', (given, expected) => {
    expect(resolve(given)).toMatchObject(expected);
  });

  it.each<[string, unknown]>([
    ['prioritySteps', []],
    ['prioritySteps', [1, 2]],
    ['prioritySteps', [0, 3, 3]],
    ['prioritySteps', [0, 6, 3]],
    ['prioritySteps', [0, 10]],
    ['prioritySteps', [0, 1.5]],
    ['prioritySteps', 'all'],
    ['lease', '999ms'],
    ['lease', '11m'],
    ['visibilityTimeout', 0],
    ['visibilityTimeout', '31d'],
    ['visibilityTimeout', 'soon'],
    ['allowEviction', 'yes'],
    ['keyPrefix', 5],
    ['tls', {}],
  ])('refuses %s: %j, and names it', (name, value) => {
    const given = { [name]: value } as RedisBrokerOptions;

    expect(() => resolve(given)).toThrow(InvalidOptionError);
    expect(() => resolve(given)).toThrow(`broker.${name}`);
  });
});

describe('stepOf', () => {
  it.each([
    [0, 0],
    [2, 0],
    [3, 3],
    [5, 3],
    [9, 9],
    [12, 9],
    [-4, 0],
    [4.9, 3],
    [Number.NaN, 0],
  ])('priority %d goes to step %d', (priority, step) => {
    expect(stepOf(priority, [0, 3, 6, 9])).toBe(step);
  });
});
