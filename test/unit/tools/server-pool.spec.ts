import { describe, expect, it } from 'vitest';
import { serversNeededBy, startServers } from '../../tools/server-pool.js';

const calls = (...names: string[]) => names.map((name) => `describeWith${'Server'}(${name}, 'x', () => {})`).join('\n');

describe('servers that specs ask for', () => {
  it('are found by name in the text of the specs, each once', () => {
    const specs = [calls(`'redis'`, `"rabbitmq"`), calls(`\n  'redis'`), 'const nothing = 1;'];

    expect(serversNeededBy(specs)).toEqual(['rabbitmq', 'redis']);
  });

  it('are started and stopped once', async () => {
    const log: string[] = [];
    const start = async () => {
      log.push('start');
      return { url: 'redis://127.0.0.1:1', stop: async () => void log.push('stop') };
    };

    const servers = await startServers(['redis'], { redis: start });
    await servers.stop();

    expect(servers.states).toEqual({ redis: { urls: ['redis://127.0.0.1:1'] } });
    expect(log).toEqual(['start', 'stop']);
  });

  it('are one for each file that runs at a time, unless they are programs', async () => {
    let port = 0;
    const catalogue = {
      redis: async () => ({ url: `redis://127.0.0.1:${++port}`, stop: async () => {} }),
      celery: async () => ({ url: '/usr/bin/python3', isProgram: true, stop: async () => {} }),
    };

    const servers = await startServers(['redis', 'celery'], catalogue, 2);

    expect(servers.states).toEqual({
      redis: { urls: ['redis://127.0.0.1:1', 'redis://127.0.0.1:2'] },
      celery: { urls: ['/usr/bin/python3'] },
    });
  });

  it('say what came in the place of one', async () => {
    const servers = await startServers(['celery'], {
      celery: async () => ({ url: '/usr/bin/python3', standIn: 'an old one', stop: async () => {} }),
    });

    expect(servers.states).toEqual({ celery: { urls: ['/usr/bin/python3'], standIn: 'an old one' } });
  });

  it('become a reason where they cannot be had, and do not keep others from starting', async () => {
    const servers = await startServers(['broken', 'fine', 'unknown'], {
      broken: () => Promise.reject(new Error('no binary')),
      fine: async () => ({ url: 'x:', stop: async () => {} }),
    });

    expect(servers.states).toEqual({
      broken: { reason: 'no binary' },
      fine: { urls: ['x:'] },
      unknown: { reason: 'not in test/tools/server-catalogue.ts' },
    });
  });
});
