import { isDeepStrictEqual } from 'node:util';
import { Observable } from 'rxjs';
import { ResultNotStoredError, ResultTimeoutError } from '../errors/index.js';
import { taskResultTuple, type ResultTuple, type TaskMeta } from '../protocol/index.js';
import { resolveGetOptions, type GetOptions, type ResolvedGetOptions } from './get-options.js';
import type { ResultListener } from './result-listener.js';
import { ResultNode } from './result-node.js';
import { infoOf, isReadyState, thrownErrorOf } from './result-states.js';
import { followEnds, waitWithin } from './result-wait.js';
import type { RevokeOptions } from './revoke-options.js';
import { idsBefore, idsOfTree } from './tuple-ids.js';

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

/**
 * A task that was sent, and its result once there is one. Not thenable: awaiting what sent it waits for the broker's confirmation, `get()` for the task.
 * @source celery/result.py `AsyncResult`
 */
export class AsyncResult<T = unknown> extends ResultNode<T> {
  #final: TaskMeta | undefined;

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
    const { propagate, ...limits } = resolveGetOptions(options, this.id, 'task');
    const meta = this.#final ?? (await this.#waitUntilReady(limits));
    if (meta.status === 'SUCCESS') return meta.result as T;
    const error = thrownErrorOf(meta, this.source.errors);
    if (propagate) throw error;
    return error;
  }

  /** `PENDING` as long as nothing is stored, also for a task nobody has heard of. */
  async state(): Promise<string> {
    return (await this.meta())?.status ?? 'PENDING';
  }

  /** Whether it succeeded, failed or was revoked. */
  async ready(): Promise<boolean> {
    return isReadyState(await this.state());
  }

  async successful(): Promise<boolean> {
    return (await this.state()) === 'SUCCESS';
  }

  async failed(): Promise<boolean> {
    return (await this.state()) === 'FAILURE';
  }

  /** What goes with the present state: a result, an error, or what the task last gave to `ctx.progress()`. */
  async info(): Promise<unknown> {
    const meta = await this.meta();
    return meta === undefined ? undefined : infoOf(meta, this.source.errors);
  }

  /** All that is stored; `undefined` for nothing. */
  async meta(): Promise<TaskMeta | undefined> {
    if (this.#final !== undefined) return this.#final;
    const meta = await this.source.store.fetch(this.id);
    this.#remember(meta);
    return meta;
  }

  /** What it sent while it ran, and what was linked to it: results of tasks and of groups. */
  async children(): Promise<readonly ResultNode[]> {
    const meta = await this.meta();
    return (meta?.children ?? []).map((tuple) => this.source.resultOf(tuple));
  }

  /** Keeps it from being started. One that runs already goes on, unless the options say otherwise. */
  revoke(options?: RevokeOptions): Promise<void> {
    return this.source.revoke([this.id], options);
  }

  async forget(): Promise<void> {
    this.#final = undefined;
    await this.source.store.forget(idsOfTree(this.toTuple()));
  }

  /**
   * The present state, then each change and each progress; completes with the last one, also when that is a failure. Errors only where states
   * cannot be read. Each subscription follows by itself.
   */
  get updates$(): Observable<TaskUpdate> {
    return new Observable<TaskUpdate>((subscriber) => {
      if (this.origin.isIgnored) return subscriber.error(new ResultNotStoredError(this.id, 'ignored'));
      let last: TaskUpdate | undefined;
      const { store } = this.source;
      const listener: ResultListener = {
        next: (_id, meta) => {
          const update = this.#updateOf(meta);
          if (last !== undefined && isRepetition(last, update)) return;
          last = update;
          this.#remember(meta);
          subscriber.next(update);
          if (update.ready) subscriber.complete();
        },
        fail: (_id, error) => subscriber.error(error),
      };
      store.follow([this.id], listener);
      return () => store.leave([this.id], listener);
    });
  }

  toTuple(): ResultTuple {
    return taskResultTuple(this.id, this.origin.parent);
  }

  toJSON(): { readonly id: string } {
    return { id: this.id };
  }

  #waitUntilReady({ timeoutMs, signal, followParents }: Omit<ResolvedGetOptions, 'propagate'>): Promise<TaskMeta> {
    const { isIgnored, parent, ignored } = this.origin;
    if (isIgnored) throw new ResultNotStoredError(this.id, 'ignored');
    const { store, clock } = this.source;
    const before = followParents ? idsBefore(parent ?? null).filter((id) => !ignored?.has(id)) : [];
    let last = 'PENDING';
    const onTimeout = (ms: number): Error => new ResultTimeoutError(this.id, last, ms, store.location);
    return waitWithin({ timeoutMs, signal, clock, onTimeout }, (resolve, reject) =>
      followEnds(store, [{ id: this.id, before }], {
        ended: (_place, meta) => {
          if (meta.taskId === this.id) this.#remember(meta);
          resolve(meta);
        },
        failed: (_place, error) => reject(error),
        seen: (_place, state) => {
          if (state !== 'PENDING') last = state; // what is fetched may be older than what was told meanwhile
        },
      }),
    );
  }

  #remember(meta: TaskMeta | undefined): void {
    if (meta !== undefined && isReadyState(meta.status)) this.#final = meta;
  }

  #updateOf(meta: TaskMeta | undefined): TaskUpdate {
    if (meta === undefined) return { id: this.id, state: 'PENDING', info: undefined, ready: false };
    return {
      id: this.id,
      state: meta.status,
      info: infoOf(meta, this.source.errors),
      ready: isReadyState(meta.status),
    };
  }
}

/** A state may be told twice; and one that is fetched may be older than what was told meanwhile. */
function isRepetition(last: TaskUpdate, update: TaskUpdate): boolean {
  if (last.ready || (update.state === 'PENDING' && last.state !== 'PENDING')) return true;
  return last.state === update.state && isDeepStrictEqual(last.info, update.info);
}
