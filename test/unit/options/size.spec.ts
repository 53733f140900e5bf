import { describe, expect, it } from 'vitest';

import { formatSize, parseSize } from '../../../lib/options/index.js';

describe('parseSize', () => {
  it.each([
    [1, 1],
    [209_715_200, 209_715_200],
    ['512B', 512],
    ['200MiB', 209_715_200],
    [' 1.5 GiB ', 1_610_612_736],
    ['64KiB', 65_536],
    ['200MB', 200_000_000],
    ['1GB', 1_000_000_000],
    ['2KB', 2_000],
  ])('reads %j', (given, bytes) => {
    expect(parseSize(given, 'worker.x')).toBe(bytes);
  });

  it.each([
    ['200', /did you mean "200MiB", or the number 200 for bytes/],
    ['200M', /did you mean "200MiB"/],
    ['200mib', /did you mean "200MiB"/],
    ['200mb', /did you mean "200MB"/],
    ['0MiB', /at least 1 byte/],
    ['much', /such as "200MiB"/],
    ['-5MiB', /such as "200MiB"/],
    ['5 parsecs', /such as "200MiB"/],
    [0, /at least 1 byte/],
    [1.5, /whole number/],
    [Infinity, /whole number/],
    [null as never, /"worker.x"/],
  ])('refuses %j', (given, message) => {
    expect(() => parseSize(given, 'worker.x')).toThrowError(message);
  });
});

describe('formatSize', () => {
  it.each([
    [512, '512 B'],
    [1_536, '1.5 KiB'],
    [209_715_200, '200 MiB'],
    [3 * 1024 ** 3, '3 GiB'],
  ])('writes %d bytes for people', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});
