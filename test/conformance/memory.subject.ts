import { randomUUID } from 'node:crypto';
import { createResultBackend } from '../../lib/backends/index.js';
import { createBroker, MemoryConsumer } from '../../lib/brokers/index.js';
import type { BrokerSubject } from './broker.bench.js';
import type { ResultBackendSubject } from './result-backend.bench.js';

export async function openMemoryBroker(): Promise<BrokerSubject> {
  const url = `memory:${randomUUID()}`;
  return {
    connect: async () => {
      const broker = createBroker(url);
      await broker.connect();
      return broker;
    },
    connectResults: async () => {
      const backend = createResultBackend(url);
      await backend.connect();
      return backend;
    },
    kill: async (consumer) => {
      if (consumer instanceof MemoryConsumer) consumer.abandon();
    },
    destroy: async () => undefined,
  };
}

export async function openMemoryResultBackend(): Promise<ResultBackendSubject> {
  const url = `memory:${randomUUID()}`;
  return {
    connect: async (options) => {
      const backend = createResultBackend(url, options);
      await backend.connect();
      return backend;
    },
    destroy: async () => undefined,
  };
}
