import { describe, expect, it } from 'vitest';
import { lossesAfterDeath } from '../../../../lib/brokers/virtual/losses.js';
import { queuedPriority } from '../../../../lib/brokers/virtual/limits.js';

describe('queuedPriority', () => {
  it.each([
    [0, 0],
    [3, 3],
    [9, 9],
    [255, 9],
    [-1, 0],
    [4.7, 4],
    [NaN, 0],
  ])('queues priority %d by %d', (priority, queued) => {
    expect(queuedPriority(priority)).toBe(queued);
  });
});

describe('lossesAfterDeath', () => {
  it.each([
    [false, 0, 1],
    [false, 1, 1],
    [false, 2, 2],
    [true, 0, 1],
    [true, 1, 2],
    [true, 2, 3],
  ])('with started %s counts %d as %d', (started, losses, after) => {
    expect(lossesAfterDeath({ started, losses })).toBe(after);
  });
});
