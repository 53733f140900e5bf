import { isDeepStrictEqual } from 'node:util';
import { Observable } from 'rxjs';
import { ResultNotStoredError, ResultTimeoutError, TaskRevokedError, WaitInsideTaskError } from '../errors/index.js';
import { refuseUnknownKeys } from '../options/index.js';
import { fromWireError, taskIdsOf, type ErrorRegistry, type TaskMeta } from '../protocol/index.js';
import { TaskContext } from '../tasks/index.js';
import { parseDuration, type Clock, type Duration } from '../time/index.js';
import type { RevokeOptions } from './revoke-options.js';
import type { ResultStore } from './result-store.js';

/** How long and how to wait for a result. */
export interface GetOptions {
  /** How long to wait: milliseconds, or a text with a unit. @defaultValue for ever */
  readonly timeout?: Duration;
  /** Whether the error of a failed task is thrown; `false` returns it. @defaultValue true */
  readonly propagate?: boolean;
  /** Refuses to wait inside of a task, where all slots may end up waiting for each other. @defaultValue true */
  readonly disableSyncSubtasks?: boolean;
  /** Ends the wait, with the signal's reason. */
  readonly signal?: AbortSignal;
}

const GET_OPTION_NAMES: readonly (keyof GetOptions)[] = ['timeout', 'propagate', 'disableSyncSubtasks', 'signal'];

/** A state of a task, as `updates$` tells it. */
export interface TaskUpdate {
  readonly id: string;
  /** `PENDING` until something is stored. */
  readonly state: string;
  /** The value of a success, the error of a failure, what `ctx.progress()` stored. */
  readonly info: unknown;
  /** Whether it is the last one. */
  readonly ready: boolean;
}

/** What a result needs of its client. */
export interface ResultSource {
  readonly store: ResultStore;
  readonly clock: Clock;
  readonly errors: ErrorRegistry;
  resultOf(taskId: string): AsyncResult<unknown>;
  revoke(taskIds: readonly string[], options?: RevokeOptions): Promise<void>;
}

/** What a client knows of a result when it makes it. */
export interface ResultOrigin {
  /** It was sent with its result ignored. */
  readonly isIgnored?: boolean;
  readonly parent?: AsyncResult<unknown> | undefined;
}

/** States after which nothing comes. @source celery/states.py `READY_STATES` */
const READY: ReadonlySet<string> = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);

/**
 * A task that was sent, and its result once there is one. Not thenable: awaiting what sent it waits for the broker's confirmation, `get()` for the task.
 * @source celery/result.py `AsyncResult`
 */
export class AsyncResult<T = unknown> {
  readonly #source: ResultSource;
  readonly #origin: ResultOrigin;
  #final: TaskMeta | undefined;

  /** Made by a client. */
  constructor(
    readonly id: string,
    source: ResultSource,
    origin: ResultOrigin = {},
  ) {
    this.#source = source;
    this.#origin = origin;
  }

  /** The result before this one in a workflow, where it is known. */
  get parent(): AsyncResult<unknown> | undefined {
    return this.#origin.parent;
  }

  /**
   * Waits for the task and returns what it returned.
   * @throws what the task threw: an error of the class registered for it, else a {@link RemoteTaskError}
   * @throws {TaskRevokedError} when it was revoked or had expired
   * @throws {ResultTimeoutError} when it takes longer than `timeout`
   * @throws {ResultNotStoredError} where no result will ever be stored
   * @throws {WaitInsideTaskError} inside of a task
   */
  get(options?: GetOptions & { readonly propagate?: true }): Promise<T>;
  get(options: GetOptions): Promise<T | Error>;
  async get(options: GetOptions = {}): Promise<T | Error> {
    refuseUnknownKeys(options, GET_OPTION_NAMES, 'get'); // a misspelt timeout would wait for ever
    const { propagate = true, disableSyncSubtasks = true, signal } = options;
    const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout, 'get.timeout');
    const waiting = TaskContext.current();
    if (disableSyncSubtasks && waiting !== undefined) throw new WaitInsideTaskError(this.id, waiting.task);
    signal?.throwIfAborted();

    const meta = this.#final ?? (await this.#waitUntilReady(timeoutMs, signal));
    if (meta.status === 'SUCCESS') return meta.result as T;
    const error = this.#errorOf(meta);
    if (propagate) throw error;
    return error;
  }

  /** `PENDING` as long as nothing is stored, also for a task nobody has heard of. */
  async state(): Promise<string> {
    return (await this.meta())?.status ?? 'PENDING';
  }

  /** Whether it succeeded, failed or was revoked. */
  async ready(): Promise<boolean> {
    return READY.has(await this.state());
  }

  /** What goes with the present state: a result, an error, or what the task last gave to `ctx.progress()`. */
  async info(): Promise<unknown> {
    const meta = await this.meta();
    return meta === undefined ? undefined : this.#infoOf(meta);
  }

  /** All that is stored; `undefined` for nothing. */
  async meta(): Promise<TaskMeta | undefined> {
    if (this.#final !== undefined) return this.#final;
    const meta = await this.#source.store.fetch(this.id);
    this.#remember(meta);
    return meta;
  }

  /** Tasks that it sent while it ran, and those linked to it; of a group its members. */
  async children(): Promise<readonly AsyncResult<unknown>[]> {
    const meta = await this.meta();
    return (meta?.children ?? []).flatMap(taskIdsOf).map((id) => this.#source.resultOf(id));
  }

  /** Keeps it from being started. One that runs already goes on, unless the options say otherwise. */
  revoke(options?: RevokeOptions): Promise<void> {
    return this.#source.revoke([this.id], options);
  }

  /** Deletes what is stored. */
  async forget(): Promise<void> {
    this.#final = undefined;
    await this.#source.store.forget([this.id]);
  }

  /**
   * The present state, then each change and each progress; completes with the last one, also when that is a failure. Errors only where states
   * cannot be read. Each subscription follows by itself.
   */
  get updates$(): Observable<TaskUpdate> {
    return new Observable<TaskUpdate>((subscriber) => {
      if (this.#origin.isIgnored) return subscriber.error(new ResultNotStoredError(this.id, 'ignored'));
      let last: TaskUpdate | undefined;
      const stop = this.#source.store.follow(this.id, {
        next: (meta) => {
          const update = this.#updateOf(meta);
          if (last !== undefined && isRepetition(last, update)) return;
          last = update;
          this.#remember(meta);
          subscriber.next(update);
          if (update.ready) subscriber.complete();
        },
        fail: (error) => subscriber.error(error),
      });
      return stop;
    });
  }

  toJSON(): { readonly id: string } {
    return { id: this.id };
  }

  #waitUntilReady(timeoutMs: number | undefined, signal: AbortSignal | undefined): Promise<TaskMeta> {
    if (this.#origin.isIgnored) throw new ResultNotStoredError(this.id, 'ignored');
    const { store, clock } = this.#source;
    return new Promise((resolve, reject) => {
      let state = 'PENDING';
      const onAbort = (): void => end(() => reject(signal?.reason));
      const timer =
        timeoutMs === undefined
          ? undefined
          : clock.setTimer(
              () => end(() => reject(new ResultTimeoutError(this.id, state, timeoutMs, store.location))),
              timeoutMs,
            );
      const end = (settle: () => void): void => {
        timer?.cancel();
        signal?.removeEventListener('abort', onAbort);
        stop();
        settle();
      };
      let stop: () => void = () => undefined;
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        stop = store.follow(this.id, {
          next: (meta) => {
            state = meta?.status ?? state;
            if (meta === undefined || !READY.has(meta.status)) return;
            this.#remember(meta);
            end(() => resolve(meta));
          },
          fail: (error) => end(() => reject(error)),
        });
      } catch (error) {
        end(() => reject(error));
      }
    });
  }

  #remember(meta: TaskMeta | undefined): void {
    if (meta !== undefined && READY.has(meta.status)) this.#final = meta;
  }

  #updateOf(meta: TaskMeta | undefined): TaskUpdate {
    if (meta === undefined) return { id: this.id, state: 'PENDING', info: undefined, ready: false };
    return { id: this.id, state: meta.status, info: this.#infoOf(meta), ready: READY.has(meta.status) };
  }

  #infoOf(meta: TaskMeta): unknown {
    return meta.status === 'FAILURE' || meta.status === 'REVOKED' || meta.status === 'RETRY'
      ? this.#errorOf(meta)
      : meta.result;
  }

  #errorOf(meta: TaskMeta): Error {
    if (meta.status === 'REVOKED' && (meta.result === null || meta.result === undefined))
      return new TaskRevokedError('revoked');
    return fromWireError(meta.result, meta.traceback, this.#source.errors);
  }
}

/** A state may be told twice; and one that is fetched may be older than what was told meanwhile. */
function isRepetition(last: TaskUpdate, update: TaskUpdate): boolean {
  if (last.ready || (update.state === 'PENDING' && last.state !== 'PENDING')) return true;
  return last.state === update.state && isDeepStrictEqual(last.info, update.info);
}
