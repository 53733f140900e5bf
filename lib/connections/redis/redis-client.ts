import type { RedisOptions } from 'ioredis';
import type { ResolvedRedisStoreOptions } from './redis.options.js';
import type { RedisAddress } from './redis-url.js';

interface ClientSetup {
  readonly address: RedisAddress;
  readonly options: ResolvedRedisStoreOptions;
  readonly role: string;
}

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1_000;

/** The driver's options for a connection that never sends a command twice, and connects again until it is closed. */
export function clientOptions({ address, options, role }: ClientSetup, isClosed: () => boolean): RedisOptions {
  return {
    ...(address.path === undefined ? { host: address.host, port: address.port } : { path: address.path }),
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    ...(address.tls && { tls: { ...options.tls } }),
    db: address.database,
    connectionName: `nest-task-queue:${role}`,
    connectTimeout: options.connectTimeoutMs,
    keepAlive: 10_000,
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => (isClosed() ? null : delayMs(attempt)),
  };
}

function delayMs(attempt: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 10));
  return Math.round(longest * (0.5 + Math.random() / 2)); // a fleet does not come back all at once
}
