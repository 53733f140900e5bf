import { describe, expect, it } from 'vitest';

import { currentChildRole, serveChild } from '../../../lib/pools/index.js';

describe('a process that no pool started', () => {
  it('has no role', () => {
    expect(currentChildRole()).toBeUndefined();
  });

  it('cannot serve as a child', () => {
    expect(() => serveChild(() => Promise.reject(new Error('never booted')))).toThrowError(
      expect.objectContaining({ code: 'TQ_NOT_A_CHILD' }),
    );
  });
});
