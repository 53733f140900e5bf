import { describe, expect, it } from 'vitest';
import { createResultBackend, RedisResultBackend, type ResultBackendOptions } from '../../../lib/backends/index.js';
import { record } from '../../conformance/result-backend.bench.js';

describe('createResultBackend', () => {
  it.each(['redis://:secret@host:6380/3', 'rediss://host', 'redis+socket:///run/redis.sock?virtual_host=2'])(
    'is the one of Redis for %s, which connects later',
    async (url) => {
      const backend = createResultBackend(url);

      expect(backend).toBeInstanceOf(RedisResultBackend);
      expect(backend.capabilities).toEqual({ push: true, expires: true, keepsSuccess: true });
      expect(backend.store).not.toContain('secret');
      await expect(backend.fetch(['a'])).rejects.toMatchObject({ code: 'TQ_RESULT_BACKEND_UNAVAILABLE' });
      await backend.close();
    },
  );

  it('names the store as its broker does, and writes full keys', () => {
    const backend = createResultBackend('redis://user:secret@host/3', { keyPrefix: 'shop', expiresMs: 1_500.5 });

    expect(backend.store).toBe('redis://host:6379/3');
    expect(backend.encode?.([record('a')])).toMatchObject([
      { taskId: 'a', status: 'SUCCESS', key: 'shop_celery-task-meta-a', expiresMs: 1_501 },
    ]);
  });

  it.each([
    ['redis://host', { keyPrefix: 7 }, '"results.keyPrefix"'],
    ['redis://host', { tls: {} }, '"results.tls" to be left out with "redis:"'],
    ['redis://host', { outageTimeout: 'soon' }, '"results.outageTimeout"'],
    ['redis://host/one', {}, '"results.url" to be a URL whose database is a number'],
  ])('refuses %s with %j', (url, options, message) => {
    expect(() => createResultBackend(url, options as ResultBackendOptions)).toThrow(message);
  });

  it('says of a scheme that Celery knows that it is not part of this version', () => {
    expect(() => createResultBackend('sentinel://:secret@host/0')).toThrow(
      /"results.url" names "sentinel:.*whose adapter is not part of this version\. Known here are: .*"redis:"/,
    );
    expect(() => createResultBackend('redsi://host')).toThrow('whose scheme is not known');
  });
});
