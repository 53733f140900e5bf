import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createResultBackend } from '../../lib/backends/index.js';
import { createBroker, openLeaseKeeper, RedisConsumer, type BrokerOptions } from '../../lib/brokers/index.js';
import { until } from '../tools/until.js';
import type { BrokerSubject } from './broker.bench.js';
import { unflawed } from './flawed-brokers.js';
import { deleteKeys } from './redis-results.subject.js';

const LEASE_MS = 1_000;

/** A key prefix of its own, and leases that end soon. */
export async function openRedisBroker(url: string, options: BrokerOptions = {}): Promise<BrokerSubject> {
  const keyPrefix = `t${randomUUID()}:`;
  return {
    connect: async () => {
      const broker = createBroker(url, { keyPrefix, lease: LEASE_MS, ...options });
      await broker.connect();
      return broker;
    },
    connectResults: async () => {
      const backend = createResultBackend(url, { keyPrefix });
      await backend.connect();
      return backend;
    },
    kill: async (consumer) => {
      if (!(unflawed(consumer) instanceof RedisConsumer)) throw new Error('Expected a consumer of Redis.');
      await (consumer as RedisConsumer).abandon();
      await leaseEnded(url, `${keyPrefix}ntq:workers`, consumer.owner);
    },
    joins: true,
    openLeaseKeeper: (data) => openLeaseKeeper(data),
    destroy: () => deleteKeys(url, `${keyPrefix}*`),
  };
}

async function leaseEnded(url: string, workers: string, owner: string): Promise<void> {
  const client = new Redis(url);
  try {
    await until(
      async () => {
        const [seconds] = await client.time();
        return Number(await client.zscore(workers, owner)) < Number(seconds);
      },
      { withinMs: 5 * LEASE_MS, everyMs: 20, what: 'The lease has ended' },
    );
  } finally {
    client.disconnect();
  }
}
