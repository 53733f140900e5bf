import { describe, expect, it } from 'vitest';

import type { Child } from '../../../lib/pools/child/child.js';
import { freeIndex, leastBusy, Post } from '../../../lib/pools/child/post.js';

function post(index: number, child?: { state: 'booting' | 'ready'; count: number }): Post<unknown> {
  return Object.assign(new Post<unknown>(index), { child: child as Child<unknown> | undefined });
}

describe('Post', () => {
  it('waits longer each time before the next one, and not at all after one that did something', () => {
    const place = new Post(0);

    const delays = [false, false, false, true, false].map((didWork) => place.delayAfter(didWork));

    expect(delays).toEqual([100, 200, 400, 0, 100]);
  });

  it('waits ten seconds at most', () => {
    const place = new Post(0);

    for (let i = 0; i < 20; i++) place.delayAfter(false);

    expect(place.delayAfter(false)).toBe(10_000);
  });
});

describe('leastBusy', () => {
  it('gives up those where nobody serves yet, then those with the fewest jobs, the newest first', () => {
    const posts = [
      post(0, { state: 'ready', count: 0 }),
      post(1, { state: 'ready', count: 2 }),
      post(2, { state: 'booting', count: 0 }),
      post(3, { state: 'ready', count: 0 }),
      post(4),
      post(5, { state: 'ready', count: 1 }),
    ];

    expect(leastBusy(posts, 5).map(({ index }) => index)).toEqual([4, 2, 3, 0, 5]);
  });
});

describe('freeIndex', () => {
  it('fills the lowest gap', () => {
    expect([freeIndex([]), freeIndex([post(0), post(2)]), freeIndex([post(1), post(0)])]).toEqual([0, 1, 2]);
  });
});
