export type { MemoryMessage, MessageTable } from './memory/message-table.js';
export { openMemoryStore, releaseMemoryStore } from './memory/memory.registry.js';
export { MemoryStore, type MemoryOwner } from './memory/memory.store.js';
export type { MemoryResult, ResultTable } from './memory/result-table.js';
export type { RevocationTable } from './memory/revocation-table.js';
export { maskUrl, schemeOf } from './store-url.js';
