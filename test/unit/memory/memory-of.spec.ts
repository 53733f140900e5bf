import { describe, expect, it } from 'vitest';

import { memoryOf } from '../../../lib/pools/child/memory-watch.js';

describe('memoryOf', () => {
  it('grows with what is held outside of the heap, of a process as of a thread', () => {
    const before = [memoryOf('prefork'), memoryOf('threads')] as const;
    const held = Buffer.alloc(64 * 1024 ** 2, 1);

    const after = [memoryOf('prefork'), memoryOf('threads')] as const;

    expect(held.length).toBe(64 * 1024 ** 2);
    for (const i of [0, 1] as const) expect(after[i] - before[i]).toBeGreaterThan(60 * 1024 ** 2);
  });
});
