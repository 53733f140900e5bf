import type { ResultRecord, TaskMeta } from '../protocol/index.js';
import type { ChordStore, GroupStore } from './chord-store.interface.js';
import type { DeadlineStore } from './deadline-store.interface.js';

export interface ResultBackendCapabilities {
  /** Tells waiters of a new state; else they poll. */
  readonly push: boolean;
  /** Deletes expired results by itself; else `celery.backend_cleanup` has to. */
  readonly expires: boolean;
  /** Whether a state may be replaced after SUCCESS: no key-value store allows it. */
  readonly keepsSuccess: boolean;
}

/** Where states and results are kept; the conformance suite holds its full contract. */
export interface ResultBackend {
  readonly capabilities: ResultBackendCapabilities;
  /** Where its data live; equal to the broker's `store` when both can be written in one step. Never holds a password. */
  readonly store: string;
  /** Present where the store can count: without it no chord can be joined. */
  readonly chords?: ChordStore;
  /** Present with `chords`: by when they have to end. */
  readonly deadlines?: DeadlineStore;
  /** Present where results of groups can be saved by their ids. */
  readonly groups?: GroupStore;
  /** @throws {ResultBackendUnavailableError} when it cannot be reached, or a more exact error of its adapter when it cannot be used */
  connect(): Promise<void>;
  /** Writes a batch; a later record of the same task wins, but nothing replaces SUCCESS. */
  storeResults(records: readonly ResultRecord[]): Promise<void>;
  /**
   * In the order of the ids; `undefined` where nothing is stored.
   * @throws {DecodeError} when what is stored of one of them cannot be read
   */
  fetch(taskIds: readonly string[]): Promise<readonly (TaskMeta | undefined)[]>;
  forget(taskIds: readonly string[]): Promise<void>;
  /**
   * Present with the capability `push`. One watch serves all waiters of a client.
   * @param onUnreadable told of a task whose stored state cannot be read, by stores that others write to as well
   */
  watch?(listener: ResultListener, onUnreadable?: UnreadableListener): Promise<ResultWatch>;
  /** Present where a broker may share the store: the records as this backend would write them. */
  encode?(records: readonly ResultRecord[]): readonly EncodedResultText[];
  /** Deletes what has expired, where the store does not do it by itself; returns how many. */
  cleanup?(): Promise<number>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** Structurally the brokers' `EncodedResult`. */
export interface EncodedResultText {
  readonly taskId: string;
  readonly status: string;
  readonly key: string;
  readonly value: string;
  readonly expiresMs: number;
}

export type ResultListener = (meta: TaskMeta) => void;

export type UnreadableListener = (taskId: string, error: Error) => void;

export interface ResultWatch {
  /** Resolves when states stored from now on are sure to be told. What is stored already has to be fetched. A state may be told twice. */
  add(taskIds: readonly string[]): Promise<void>;
  remove(taskIds: readonly string[]): void;
  close(): Promise<void>;
}
