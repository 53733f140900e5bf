import { describe, expect, it } from 'vitest';
import { isAddressed } from '../../../lib/control/node-matching.js';

const request = { method: 'ping', arguments: {} };

describe('a request for some nodes', () => {
  it.each([
    ['glob', 'wire@*', true],
    ['glob', 'wire', false],
    ['glob', '*', true],
    ['glob', 'w?re@wirehost', true],
    ['glob', '[v-x]ire@*', true],
    ['glob', '[!v-x]ire@*', false],
    ['glob', '[]w]ire@*', true],
    ['glob', '[wire@*', false],
    ['glob', 'wire@wireh.st', false],
    ['glob', '****************************z', false],
    ['pcre', 'wire.*', true],
    ['pcre', 'wire', true],
    ['pcre', 'host', false],
    ['pcre', '.*host$', true],
    ['pcre', 'x|wire', true],
  ])('by %s %j: %s', (matcher, pattern, expected) => {
    expect(isAddressed('wire@wirehost', { ...request, matcher, pattern })).toBe(expected);
  });

  it('goes to those it names, whatever the pattern', () => {
    const named = { ...request, matcher: 'glob', pattern: 'x*', destination: ['wire@wirehost'] };

    expect(isAddressed('wire@wirehost', named)).toBe(true);
    expect(isAddressed('x@y', named)).toBe(false);
  });

  it('goes to all without both of pattern and matcher', () => {
    expect(isAddressed('a@b', request)).toBe(true);
    expect(isAddressed('a@b', { ...request, pattern: 'x' })).toBe(true);
  });

  it.each([
    ['regex', 'x', /"glob" or "pcre"/],
    ['pcre', '(', /"pattern" .* a pattern that can be read/],
  ])('is refused by %s %j', (matcher, pattern, message) => {
    expect(() => isAddressed('a@b', { ...request, matcher, pattern })).toThrow(message);
  });
});
