import {
  checkEmbeddedOptions,
  maskUrl,
  resolveStoreFolder,
  schemeOf,
  type EmbeddedStoreOptions,
} from '../connections/index.js';
import { UnsupportedUrlError } from '../errors/index.js';
import { systemClock, type Clock } from '../time/index.js';
import type { Broker, LeaseKeeper, LeaseKeeperData } from './broker.interface.js';
import { EmbeddedBroker } from './embedded/embedded.broker.js';
import { EmbeddedLeaseKeeper } from './embedded/embedded.lease-keeper.js';
import { MemoryBroker } from './memory/memory.broker.js';

/** Options of the adapters: plain data, which crosses to another process. */
export interface BrokerOptions extends EmbeddedStoreOptions {}

/** What is no plain data. */
export interface BrokerEnvironment {
  /** @defaultValue the system's */
  readonly clock?: Clock;
}

type Adapter = (url: string, options: BrokerOptions, environment: Required<BrokerEnvironment>) => Broker;

/** Adapters by the scheme of their URLs. They load their drivers when they connect. */
const ADAPTERS: ReadonlyMap<string, Adapter> = new Map<string, Adapter>([
  [
    'embedded',
    (url, options, { clock }) => {
      checkEmbeddedOptions(options, 'broker');
      return new EmbeddedBroker(resolveStoreFolder(url, process.cwd()), options, clock);
    },
  ],
  ['memory', (url, _options, { clock }) => new MemoryBroker(url, clock)],
]);

/** Schemes that Celery knows, for an error that does not call them a mistake. */
const PLANNED = ['redis', 'rediss', 'sentinel', 'amqp', 'amqps', 'pyamqp', 'sqs'];

/**
 * A broker that is not connected yet.
 * @param url its scheme chooses the adapter, as in `embedded:` or `memory:orders`
 * @throws {UnsupportedUrlError} when no adapter has this scheme
 * @throws {InvalidOptionError} when an option cannot be used
 */
export function createBroker(url: string, options: BrokerOptions = {}, environment: BrokerEnvironment = {}): Broker {
  const scheme = schemeOf(url);
  const adapter = ADAPTERS.get(scheme);
  if (adapter === undefined)
    throw new UnsupportedUrlError('broker.url', maskUrl(url), [...ADAPTERS.keys()], PLANNED.includes(scheme));
  return adapter(url, options, { clock: environment.clock ?? systemClock });
}

/**
 * Opens a consumer's proxy in this thread, from the data that `Consumer.lease` holds.
 * @throws {UnsupportedUrlError} when the broker of this URL has none
 */
export async function openLeaseKeeper(
  data: LeaseKeeperData,
  environment: BrokerEnvironment = {},
): Promise<LeaseKeeper> {
  if (schemeOf(data.url) !== 'embedded')
    throw new UnsupportedUrlError('lease.url', maskUrl(data.url), ['embedded'], false);
  return EmbeddedLeaseKeeper.open(data, environment.clock ?? systemClock);
}
