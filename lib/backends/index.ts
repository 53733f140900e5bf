export type {
  ChordOpening,
  ChordPart,
  ChordStore,
  EncodedPartText,
  GroupStore,
  KeptPart,
  PartAnswer,
  PartState,
} from './chord-store.interface.js';
export { openChords, type NewChord } from './open-chords.js';
export type { Deadline, DeadlineStore } from './deadline-store.interface.js';
export {
  createResultBackend,
  type ResultBackendEnvironment,
  type ResultBackendOptions,
} from './create-result-backend.js';
export { EmbeddedResultBackend } from './embedded/embedded.result-backend.js';
export { MemoryResultBackend } from './memory/memory.result-backend.js';
export { RedisResultBackend } from './redis/redis.result-backend.js';
export type {
  EncodedResultText,
  ResultBackend,
  ResultBackendCapabilities,
  ResultListener,
  ResultWatch,
  UnreadableListener,
} from './result-backend.interface.js';
