import {
  checkEmbeddedOptions,
  maskUrl,
  resolveStoreFolder,
  schemeOf,
  silentStoreLog,
  type EmbeddedStoreOptions,
  type StoreLog,
} from '../connections/index.js';
import { UnsupportedUrlError } from '../errors/index.js';
import { systemClock, type Clock } from '../time/index.js';
import type { Broker, LeaseKeeper, LeaseKeeperData } from './broker.interface.js';
import { EmbeddedBroker } from './embedded/embedded.broker.js';
import { EmbeddedLeaseKeeper } from './embedded/embedded.lease-keeper.js';
import { MemoryBroker } from './memory/memory.broker.js';
import { RedisBroker } from './redis/redis.broker.js';
import type { RedisBrokerOptions } from './redis/redis.options.js';

/** Options of the adapters: plain data, which crosses to another process. */
export interface BrokerOptions extends EmbeddedStoreOptions, RedisBrokerOptions {}

/** What is no plain data. */
export interface BrokerEnvironment {
  /** @defaultValue the system's */
  readonly clock?: Clock;
  /** Told of outages, and of what is wrong with a server. @defaultValue nobody is */
  readonly log?: StoreLog;
}

type Adapter = (url: string, options: BrokerOptions, environment: Required<BrokerEnvironment>) => Broker;

const openRedis: Adapter = (url, options, { clock, log }) => new RedisBroker(url, options, clock, log);

/** Adapters by the scheme of their URLs. They load their drivers when they connect. */
const ADAPTERS: ReadonlyMap<string, Adapter> = new Map<string, Adapter>([
  [
    'embedded',
    (url, options, { clock, log }) => {
      checkEmbeddedOptions(options, 'broker');
      return new EmbeddedBroker(resolveStoreFolder(url, process.cwd()), options, clock, log);
    },
  ],
  ['memory', (url, _options, { clock, log }) => new MemoryBroker(url, clock, log)],
  ['redis', openRedis],
  ['rediss', openRedis],
  ['redis+socket', openRedis],
]);

/** Schemes that Celery knows, for an error that does not call them a mistake. */
const PLANNED = ['sentinel', 'amqp', 'amqps', 'pyamqp', 'sqs'];

/**
 * A broker that is not connected yet.
 * @param url its scheme chooses the adapter, as in `redis://localhost:6379/0` or `embedded:`
 * @throws {UnsupportedUrlError} when no adapter has this scheme
 * @throws {InvalidOptionError} when an option cannot be used
 */
export function createBroker(url: string, options: BrokerOptions = {}, environment: BrokerEnvironment = {}): Broker {
  const scheme = schemeOf(url);
  const adapter = ADAPTERS.get(scheme);
  if (adapter === undefined)
    throw new UnsupportedUrlError('broker.url', maskUrl(url), [...ADAPTERS.keys()], PLANNED.includes(scheme));
  const { clock = systemClock, log = silentStoreLog } = environment;
  return adapter(url, options, { clock, log });
}

/**
 * Opens a consumer's proxy in this thread, from the data that `Consumer.lease` holds.
 * @throws {UnsupportedUrlError} when the broker of this URL has none
 */
export async function openLeaseKeeper(
  data: LeaseKeeperData,
  environment: BrokerEnvironment = {},
): Promise<LeaseKeeper> {
  const { clock = systemClock, log = silentStoreLog } = environment;
  switch (schemeOf(data.url)) {
    case 'embedded':
      return EmbeddedLeaseKeeper.open(data, clock);
    case 'redis':
    case 'rediss':
    case 'redis+socket':
      return new RedisBroker(data.url, data.options, clock, log).openKeeper(data);
    default:
      throw new UnsupportedUrlError('lease.url', maskUrl(data.url), ['embedded', 'redis'], false);
  }
}
