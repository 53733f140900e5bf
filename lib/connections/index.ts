export type { MemoryChord } from './memory/chord-table.js';
export type { FanoutTable } from './memory/fanout-table.js';
export type { MemoryMessage, MessageTable } from './memory/message-table.js';
export { openMemoryStore, releaseMemoryStore } from './memory/memory.registry.js';
export { MemoryStore, type MemoryOwner } from './memory/memory.store.js';
export type { MemoryResult, ResultTable } from './memory/result-table.js';
export type { RevocationTable } from './memory/revocation-table.js';
export { maskUrl, schemeOf } from './store-url.js';
export { EmbeddedStore, type EmbeddedStoreOptions } from './sqlite/embedded-store.js';
export type { Channel } from './sqlite/notify-files.js';
export { OwnerLock } from './sqlite/owner-lock.js';
export { putResults, type StoredResult } from './sqlite/result-rows.js';
export type { SqlRow, SqlValue } from './sqlite/sqlite.driver.js';
export { resolveStoreFolder } from './sqlite/store-folder.js';
export { checkEmbeddedOptions, openEmbeddedStore, releaseEmbeddedStore } from './sqlite/store-registry.js';
export { silentStoreLog, type StoreLog } from './store-log.js';
export { ChordCall, PART_ANSWERS, type RedisChordPart } from './redis/chord-call.js';
export { RedisLink, type RedisLinkSetup } from './redis/redis-link.js';
export { redisScript, type RedisScript } from './redis/redis-script.js';
export {
  resolveRedisStoreOptions,
  type RedisStoreOptions,
  type RedisTlsOptions,
  type ResolvedRedisStoreOptions,
} from './redis/redis.options.js';
export { describeRedis, parseRedisUrl, type RedisAddress } from './redis/redis-url.js';
export { checkServer } from './redis/server-check.js';
