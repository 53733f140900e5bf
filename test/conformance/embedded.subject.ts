import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import type * as Backends from '../../lib/backends/index.js';
import type * as Brokers from '../../lib/brokers/index.js';
import type { BrokerSubject } from './broker.bench.js';
import type { ResultBackendSubject } from './result-backend.bench.js';

/** A copy of the library. Within one, all that open a store share a connection; two copies are to each other as two processes are. */
export interface Copy {
  readonly brokers: typeof Brokers;
  readonly backends: typeof Backends;
}

export async function loadCopies(count: number): Promise<readonly Copy[]> {
  const copies: Copy[] = [];
  while (copies.length < count) {
    vi.resetModules();
    copies.push({
      brokers: await import('../../lib/brokers/index.js'),
      backends: await import('../../lib/backends/index.js'),
    });
  }
  return copies;
}

/** @param copies used in turn, one a connection */
export async function openEmbeddedBroker(copies: readonly Copy[]): Promise<BrokerSubject> {
  const folder = await makeFolder();
  const next = inTurn(copies);
  return {
    connect: async () => {
      const broker = next().brokers.createBroker(`embedded:${folder}`);
      await broker.connect();
      return broker;
    },
    connectResults: async () => {
      const backend = next().backends.createResultBackend(`embedded:${folder}`);
      await backend.connect();
      return backend;
    },
    kill: async (consumer) => {
      if ('abandon' in consumer && typeof consumer.abandon === 'function') consumer.abandon();
    },
    openLeaseKeeper: (data) => next().brokers.openLeaseKeeper(data),
    destroy: () => rm(folder, { recursive: true, force: true }),
  };
}

/** @param copies used in turn, one a connection */
export async function openEmbeddedResultBackend(copies: readonly Copy[]): Promise<ResultBackendSubject> {
  const folder = await makeFolder();
  const next = inTurn(copies);
  return {
    connect: async (options) => {
      const backend = next().backends.createResultBackend(`embedded:${folder}`, options);
      await backend.connect();
      return backend;
    },
    destroy: () => rm(folder, { recursive: true, force: true }),
  };
}

function inTurn(copies: readonly Copy[]): () => Copy {
  let turn = 0;
  return () => copies[turn++ % copies.length] as Copy;
}

function makeFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'ntq-conformance-'));
}
