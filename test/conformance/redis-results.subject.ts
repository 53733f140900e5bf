import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createResultBackend } from '../../lib/backends/index.js';
import type { ResultBackendSubject } from './result-backend.bench.js';

/** A key prefix of its own, since channels are the same for all databases of a server. */
export async function openRedisResultBackend(url: string): Promise<ResultBackendSubject> {
  const keyPrefix = `t${randomUUID()}:`;
  return {
    connect: async (options) => {
      const backend = createResultBackend(url, { ...options, keyPrefix });
      await backend.connect();
      return backend;
    },
    destroy: () => deleteKeys(url, `${keyPrefix}*`),
  };
}

export async function deleteKeys(url: string, pattern: string): Promise<void> {
  const client = new Redis(url);
  try {
    for await (const keys of client.scanStream({ match: pattern, count: 1_000 })) {
      if (keys.length > 0) await client.unlink(keys as string[]);
    }
  } finally {
    client.disconnect();
  }
}
