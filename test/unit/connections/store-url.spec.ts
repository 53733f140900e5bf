import { describe, expect, it } from 'vitest';
import { maskUrl, schemeOf } from '../../../lib/connections/index.js';

describe('schemeOf', () => {
  it.each([
    ['memory:', 'memory'],
    ['embedded:/folder', 'embedded'],
    ['REDIS://host', 'redis'],
    ['sqlalchemy+pg://host', 'sqlalchemy+pg'],
    ['./folder', ''],
    ['', ''],
  ])('reads %j as %j', (url, scheme) => {
    expect(schemeOf(url)).toBe(scheme);
  });
});

describe('maskUrl', () => {
  it.each([
    ['redis://localhost:6379/0', 'redis://localhost:6379/0'],
    ['redis://user:secret@host/0', 'redis://user:***@host/0'],
    ['redis://:p%40ss:word@host/0', 'redis://:***@host/0'],
    ['redis://:p@ss@host/0', 'redis://:***@host/0'],
    ['redis://user@host', 'redis://user@host'],
    ['amqps://u:p@host/v?x=1&password=secret&y=2', 'amqps://u:***@host/v?x=1&password=***&y=2'],
    ['embedded:/folder', 'embedded:/folder'],
  ])('shows %j as %j', (url, masked) => {
    expect(maskUrl(url)).toBe(masked);
  });
});
