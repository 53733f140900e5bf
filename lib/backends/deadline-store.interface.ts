/** Something that is to be looked at when its time has come. */
export interface Deadline {
  readonly key: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly text: string;
}

/** Keeps deadlines until they are dropped, for all workers of the store together. */
export interface DeadlineStore {
  /** A later one of the same key replaces the one before it. */
  set(deadlines: readonly Deadline[]): Promise<void>;
  /** Those whose time has come, the earliest first; nobody is told of one again within a minute, and everyone is after that, until it is dropped. */
  due(limit: number): Promise<readonly Pick<Deadline, 'key' | 'text'>[]>;
  drop(keys: readonly string[]): Promise<void>;
}

/** How long a deadline that was told of rests. */
export const DEADLINE_REST_MS = 60_000;
