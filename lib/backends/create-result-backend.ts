import {
  checkEmbeddedOptions,
  maskUrl,
  parseRedisUrl,
  resolveRedisStoreOptions,
  resolveStoreFolder,
  schemeOf,
  silentStoreLog,
  type EmbeddedStoreOptions,
  type RedisStoreOptions,
  type StoreLog,
} from '../connections/index.js';
import { UnsupportedUrlError } from '../errors/index.js';
import { jsonSerializer, type JsonSerializer } from '../serialization/index.js';
import { systemClock, type Clock } from '../time/index.js';
import { EmbeddedResultBackend } from './embedded/embedded.result-backend.js';
import { MemoryResultBackend } from './memory/memory.result-backend.js';
import { RedisResultBackend } from './redis/redis.result-backend.js';
import type { ResultBackend } from './result-backend.interface.js';
import { DEFAULT_EXPIRES_MS, ResultCodec } from './result-codec.js';

/** Options of the adapters: plain data, which crosses to another process. */
export interface ResultBackendOptions extends EmbeddedStoreOptions, RedisStoreOptions {
  /** How long results are kept; `0` for ever. @defaultValue a day */
  readonly expiresMs?: number;
}

/** What is no plain data. */
export interface ResultBackendEnvironment {
  /** @defaultValue the system's */
  readonly clock?: Clock;
  /** Reads stored values. @defaultValue JSON with kombu's typed values */
  readonly serializer?: JsonSerializer;
  /** Told of outages. @defaultValue nobody is */
  readonly log?: StoreLog;
}

interface Parts {
  readonly clock: Clock;
  readonly log: StoreLog;
  readonly codec: ResultCodec;
}

type Adapter = (url: string, options: ResultBackendOptions, parts: Parts) => ResultBackend;

const openRedis: Adapter = (url, given, parts) => {
  const address = parseRedisUrl(url, 'results.url');
  const options = resolveRedisStoreOptions(given, 'results', address.tls);
  return new RedisResultBackend({ address, options, ...parts });
};

/** Adapters by the scheme of their URLs. They load their drivers when they connect. */
const ADAPTERS: ReadonlyMap<string, Adapter> = new Map<string, Adapter>([
  [
    'embedded',
    (url, options, { clock, codec }) => {
      checkEmbeddedOptions(options, 'results');
      return new EmbeddedResultBackend(resolveStoreFolder(url, process.cwd()), options, clock, codec);
    },
  ],
  ['memory', (url, _options, { clock, codec }) => new MemoryResultBackend(url, clock, codec)],
  ['redis', openRedis],
  ['rediss', openRedis],
  ['redis+socket', openRedis],
]);

/** Schemes that Celery knows, for an error that does not call them a mistake. */
const PLANNED = ['sentinel', 'rpc', 'amqp', 'db', 'mongodb', 's3', 'file', 'elasticsearch', 'cache'];

/**
 * A result backend that is not connected yet.
 * @param url its scheme chooses the adapter, as in `redis://localhost:6379/1` or `embedded:`
 * @throws {UnsupportedUrlError} when no adapter has this scheme
 * @throws {InvalidOptionError} when an option cannot be used
 */
export function createResultBackend(
  url: string,
  options: ResultBackendOptions = {},
  environment: ResultBackendEnvironment = {},
): ResultBackend {
  const scheme = schemeOf(url);
  const adapter = ADAPTERS.get(scheme);
  if (adapter === undefined)
    throw new UnsupportedUrlError('results.url', maskUrl(url), [...ADAPTERS.keys()], PLANNED.includes(scheme));
  const { clock = systemClock, serializer = jsonSerializer, log = silentStoreLog } = environment;
  const expiresMs = Math.ceil(options.expiresMs ?? DEFAULT_EXPIRES_MS);
  return adapter(url, options, { clock, log, codec: new ResultCodec(serializer, expiresMs) });
}
