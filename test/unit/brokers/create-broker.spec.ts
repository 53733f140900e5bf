import { describe, expect, it } from 'vitest';
import { createResultBackend } from '../../../lib/backends/index.js';
import { createBroker, openLeaseKeeper } from '../../../lib/brokers/index.js';

describe.each([
  ['createBroker', createBroker, 'broker'],
  ['createResultBackend', createResultBackend, 'results'],
] as const)('%s', (_name, create, option) => {
  it('chooses the adapter by the scheme', () => {
    expect(create('memory:orders').store).toBe('memory:orders');
    expect(create('embedded:/var/lib/queue').store).toBe('embedded:/var/lib/queue');
  });

  it('refuses an unknown scheme, naming those it knows', () => {
    expect(() => create('rabbit://user:secret@host')).toThrow(
      `Option "${option}.url" names "rabbit://user:***@host", whose scheme is not known. Known here are: "embedded:", "memory:", "redis:", "rediss:", "redis+socket:".`,
    );
  });

  it('says of a scheme that Celery knows that it is not part of this version', () => {
    expect(() => create('sentinel://:secret@host:26379/0')).toThrow(
      /"sentinel:\/\/:\*\*\*@host:26379\/0", whose adapter is not part of this version/,
    );
  });

  it('refuses options that cannot be used', () => {
    expect(() => create('embedded:', { durability: 'maybe' as 'full' })).toThrow(`"${option}.durability"`);
  });

  it('refuses to work before it is connected', async () => {
    const made = create('memory:unconnected');
    const work = 'publish' in made ? made.publish([]) : made.fetch([]);

    await expect(work).rejects.toThrow(
      /"memory:unconnected" is not available: it is not connected; call connect\(\) first\./,
    );
  });
});

describe('openLeaseKeeper', () => {
  it('refuses a broker that has none', async () => {
    await expect(openLeaseKeeper({ url: 'memory:', options: {}, owner: 'x' })).rejects.toMatchObject({
      code: 'TQ_UNSUPPORTED_URL',
    });
  });
});
