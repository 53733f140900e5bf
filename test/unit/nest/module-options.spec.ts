import { describe, expect, it } from 'vitest';
import { resolveModuleOptions, type TaskQueueModuleOptions } from '../../../lib/nest/index.js';

const resolve = (given: TaskQueueModuleOptions, env: Record<string, string> = {}) =>
  resolveModuleOptions(given, 'default', env);
const refuse = (given: object) => () => resolve(given as TaskQueueModuleOptions);

describe('resolveModuleOptions', () => {
  it('is the embedded store for broker and results when nothing is given', () => {
    const { broker, results, isDefaultBroker } = resolve({});

    expect({ broker, results: results.url, isDefaultBroker }).toEqual({
      broker: { url: 'embedded:', options: {} },
      results: 'embedded:',
      isDefaultBroker: true,
    });
  });

  it('lets code win over the environment, and the environment over defaults', () => {
    const env = { TASK_QUEUE_BROKER_URL: 'memory:env', TASK_QUEUE_RESULT_URL: 'memory:env-results' };

    expect(resolve({}, env)).toMatchObject({
      broker: { url: 'memory:env' },
      results: { url: 'memory:env-results' },
      isDefaultBroker: false,
    });
    expect(resolve({ broker: 'memory:a', results: { url: 'memory:b', expires: '1h' } }, env)).toMatchObject({
      broker: { url: 'memory:a' },
      results: { url: 'memory:b', expiresMs: 3_600_000 },
    });
    expect(resolve({}, { TASK_QUEUE_BROKER_URL: '' }).isDefaultBroker).toBe(true);
  });

  it("keeps results in the broker's own store unless told otherwise", () => {
    expect(resolve({ broker: { url: 'memory:a' } }).results.url).toBe('memory:a');
    expect(resolve({ broker: 'memory:a', results: false }).results.url).toBeUndefined();
    expect(
      resolve({ broker: 'memory:a', results: false }, { TASK_QUEUE_RESULT_URL: 'memory:b' }).results.url,
    ).toBeUndefined();
  });

  it('hands the options of an adapter to it, and those of the broker to results in the same store', () => {
    const { broker, results } = resolve({ broker: { durability: 'full' }, results: { extended: true } });

    expect(broker).toEqual({ url: 'embedded:', options: { durability: 'full' } });
    expect(results).toEqual({
      url: 'embedded:',
      options: { durability: 'full' },
      expiresMs: 86_400_000,
      extended: true,
      chordDeadlineMs: 77_760_000,
    });
    expect(resolve({ broker: { durability: 'full' }, results: 'embedded:/other' }).results.options).toEqual({});
    expect(refuse({ broker: { url: 'memory:a', durability: 'full' } })).toThrow(
      'Expected option "broker.durability" to be left out with "memory:a": it is for "embedded:" only, got "full" (string).',
    );
  });

  it('keeps the key prefixes of broker and results apart, as Celery does, and shares the rest', () => {
    const url = 'redis://host/1';
    const ofBroker: object = { url, keyPrefix: 'q:', connectTimeout: '1s' };

    const { broker, results } = resolve({ broker: ofBroker });
    expect(broker.options).toEqual({ keyPrefix: 'q:', connectTimeout: '1s' });
    expect(results).toMatchObject({ url, options: { connectTimeout: '1s' } });
    expect(results.options).not.toHaveProperty('keyPrefix');

    expect(resolve({ broker: ofBroker, results: { keyPrefix: 'r' } }).results.options).toEqual({
      connectTimeout: '1s',
      keyPrefix: 'r',
    });
    expect(refuse({ results: { url: 'embedded:', keyPrefix: 'r' } })).toThrow(
      'Expected option "results.keyPrefix" to be left out with "embedded:": it is for "redis:", "rediss:", "redis+socket:" only',
    );
  });

  it.each([
    [{ brokr: 'memory:' }, /"brokr".*"broker"/],
    [{ broker: { uri: 'memory:' } }, /"broker\.uri".*"url"/],
    [{ results: { expire: 1 } }, /"results\.expire".*"expires"/],
    [{ tasks: { defaultQeue: 'a' } }, /"tasks\.defaultQeue".*"defaultQueue"/],
    [{ worker: { concurency: 1 } }, /"worker\.concurency".*"concurrency"/],
    [
      { worker: { pool: 'solo' } },
      /"worker\.pool" .* stands in the worker file: TaskWorkerFactory\.run\(AppModule, \{ pool: … \}\)/,
    ],
    [{ beat: { enable: true } }, /"beat\.enable".*"enabled"/],
    [{ serialization: { acept: [] } }, /"serialization\.acept".*"accept"/],
  ])('refuses an unknown key: %j', (given, message) => {
    expect(refuse(given)).toThrow(message);
  });

  it.each([
    [{ broker: 7 }, /"broker"/],
    [{ broker: '' }, /"broker\.url"/],
    [{ results: true }, 'Expected option "results" to be a URL, false or an object of options, got true (boolean).'],
    [{ worker: { concurrency: 0 } }, /"worker\.concurrency"/],
    [{ propagators: {} }, 'Expected option "propagators" to be an array of context propagators, got Object (object).'],
    [
      { propagators: [{ run: () => undefined }] },
      /"propagators\[0\]" to be an object with the methods capture\(\) and run\(\)/,
    ],
    [{ errors: ['SmtpError'] }, /"errors\[0\]" to be an error class/],
  ])('refuses a value that cannot be used: %j', (given, message) => {
    expect(refuse(given)).toThrow(message);
  });

  it('makes plain data of all that crosses processes', () => {
    const { propagators: _propagators, errors: _errors, ...report } = resolve({ worker: { concurrency: 2 } });

    expect(structuredClone(report)).toEqual(report);
  });
});
