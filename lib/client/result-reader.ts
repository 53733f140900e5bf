import type { ErrorRegistry } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import type { ResultStore } from './result-store.js';
import type { RevokeOptions } from './revoke-options.js';

/** Tasks that were sent with their results ignored. */
export interface IgnoredTasks {
  has(taskId: string): boolean;
}

/** What reading and revoking tasks needs of a client. */
export interface ResultReader {
  readonly store: ResultStore;
  readonly clock: Clock;
  readonly errors: ErrorRegistry;
  revoke(taskIds: readonly string[], options?: RevokeOptions): Promise<void>;
}
