import { describe, expect, it } from 'vitest';
import {
  resolveRedisStoreOptions,
  type RedisStoreOptions,
  type RedisTlsOptions,
} from '../../../../lib/connections/index.js';
import { InvalidOptionError } from '../../../../lib/errors/index.js';

describe('resolveRedisStoreOptions', () => {
  it('takes certificates for an encrypted connection', () => {
    const tls = { ca: 'pem', cert: 'pem', key: 'pem', servername: 'h', rejectUnauthorized: false };

    expect(resolveRedisStoreOptions({ tls }, 'broker', true).tls).toEqual(tls);
  });

  it('refuses them for one that is not', () => {
    expect(() => resolveRedisStoreOptions({ tls: { ca: 'pem' } }, 'broker', false)).toThrow(/broker\.tls.*rediss:/s);
  });

  it.each<[string, unknown]>([
    ['broker.tls.cafile', { cafile: '/etc/ca.pem' }],
    ['broker.tls.ca', { ca: Buffer.from('pem') }],
    ['broker.tls.rejectUnauthorized', { rejectUnauthorized: 'no' }],
    ['broker.tls', 'pem'],
    ['broker.tls', null],
  ])('names what is wrong: %s', (name, tls) => {
    const resolve = () => resolveRedisStoreOptions({ tls: tls as RedisTlsOptions }, 'broker', true);

    expect(resolve).toThrow(InvalidOptionError);
    expect(resolve).toThrow(name);
  });

  it('shows no key in an error', () => {
    const tls = { keyy: 'PRIVATE' } as RedisTlsOptions;

    expect(() => resolveRedisStoreOptions({ tls }, 'broker', true)).toThrow(/^(?!.*PRIVATE)/s);
  });

  it.each(['connectTimeout', 'startTimeout', 'outageTimeout'])(
    'reads %s as a duration, and refuses what is none',
    (name) => {
      const given = (value: unknown) => ({ [name]: value }) as RedisStoreOptions;

      expect(resolveRedisStoreOptions(given('2s'), 'results', false)).toMatchObject({ [`${name}Ms`]: 2_000 });
      expect(() => resolveRedisStoreOptions(given('fast'), 'results', false)).toThrow(`results.${name}`);
      expect(() => resolveRedisStoreOptions(given(-1), 'results', false)).toThrow(`results.${name}`);
    },
  );
});
