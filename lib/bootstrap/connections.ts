import { createResultBackend, type ResultBackend } from '../backends/index.js';
import { createBroker, type Broker } from '../brokers/index.js';
import { InvalidOptionError } from '../errors/index.js';
import type { ReportedOptions } from '../nest/index.js';
import { hasChildren, type PoolSurroundings } from '../options/index.js';
import type { Clock } from '../time/index.js';
import type { WorkerLog } from '../worker/index.js';

/** What a worker talks to, connected. */
export interface WorkerConnections {
  readonly broker: Broker;
  readonly backend: ResultBackend | undefined;
  close(): Promise<void>;
}

/** A worker that starts beside its server waits for it. */
const PATIENCE = { startTimeout: '60s' } as const;

/** @throws {BrokerUnavailableError | ResultBackendUnavailableError | InvalidOptionError} */
export async function connect(
  options: ReportedOptions,
  pools: PoolSurroundings,
  clock: Clock,
  log: WorkerLog,
): Promise<WorkerConnections> {
  const environment = { clock, log: { info: log.log, warn: log.warn } };
  const broker = createBroker(options.broker.url, { ...PATIENCE, ...options.broker.options }, environment);
  if (!broker.capabilities.durable && hasChildren(pools)) {
    throw new InvalidOptionError(
      pools.pools === undefined ? 'pool' : 'worker.pools',
      `"async" or "solo" with the broker "${broker.store}", which lives in one process`,
      pools.pools?.map(({ name }) => name) ?? pools.pool,
    );
  }
  const { url, expiresMs, options: adapter } = options.results;
  const backend =
    url === undefined ? undefined : createResultBackend(url, { ...PATIENCE, ...adapter, expiresMs }, environment);
  await broker.connect();
  try {
    await backend?.connect();
  } catch (error) {
    await broker.close();
    throw error;
  }
  return {
    broker,
    backend,
    close: async () => {
      await backend?.close();
      await broker.close();
    },
  };
}
