import { describe, expect, it } from 'vitest';
import { describeRedis, parseRedisUrl } from '../../../../lib/connections/index.js';
import { InvalidOptionError } from '../../../../lib/errors/index.js';

const parse = (url: string) => parseRedisUrl(url, 'broker.url');

describe('parseRedisUrl', () => {
  it.each([
    ['redis://', { host: 'localhost', port: 6379, database: 0, tls: false, path: undefined }],
    ['redis://cache:6380/4', { host: 'cache', port: 6380, database: 4 }],
    ['redis://[::1]:1/', { host: '::1', port: 1, database: 0 }],
    ['redis://:p%40ss%2Fword@h', { host: 'h', username: undefined, password: 'p@ss/word' }],
    ['redis://me:secret@h/15', { username: 'me', password: 'secret', database: 15 }],
    ['rediss://h', { host: 'h', tls: true }],
    ['REDIS://h', { host: 'h', tls: false }],
    ['redis+socket:///run/redis.sock', { path: '/run/redis.sock', database: 0 }],
    ['redis+socket:///run/my%20redis.sock?virtual_host=7', { path: '/run/my redis.sock', database: 7 }],
    ['redis+socket:///run/redis.sock?virtual_host=/3', { database: 3 }],
  ])('reads %s', (url, expected) => {
    expect(parse(url)).toMatchObject(expected);
  });

  it.each([
    'redis://h/jobs',
    'redis://h/-1',
    'redis://h/1/2',
    'redis://h:port',
    'redis://h:99999',
    'redis+socket:///s?virtual_host=x',
  ])('refuses %s, naming the option', (url) => {
    expect(() => parse(url)).toThrow(InvalidOptionError);
    expect(() => parse(url)).toThrow('broker.url');
  });

  it('tells no password', () => {
    expect(() => parse('redis://me:geheim@h/jobs')).toThrow(/^(?!.*geheim)/s);
    expect(describeRedis(parse('redis://me:geheim@h/3'))).toBe('redis://h:6379/3');
  });

  it.each(['redis://[::1]:6379/2', 'rediss://h:1/0', 'redis+socket:///run/redis.sock?virtual_host=4'])(
    'is described as it can be read again: %s',
    (url) => {
      expect(describeRedis(parse(url))).toBe(url);
    },
  );
});
