import type { Observable } from 'rxjs';
import { ResultNotStoredError, ResultTimeoutError } from '../errors/index.js';
import { groupResultTuple, type ResultTuple, type TaskMeta } from '../protocol/index.js';
import { streamEnds } from './end-stream.js';
import { pagesOf } from './fetch-each.js';
import { resolveGetOptions, type GetOptions, type ResolvedGetOptions } from './get-options.js';
import { GroupMembers, type GroupMember } from './group-members.js';
import { groupProgress, type GroupProgress } from './group-progress.js';
import { memberEnds, type MemberEnd } from './member-ends.js';
import { ResultNode, type ResultOrigin, type ResultSource } from './result-node.js';
import { isReadyState, thrownErrorOf } from './result-states.js';
import { followEnds, waitWithin, type Awaited } from './result-wait.js';
import type { RevokeOptions } from './revoke-options.js';
import { idsOfTree } from './tuple-ids.js';

/** The results of a group's members, in their order. */
export type MemberResults<Outs extends readonly unknown[]> = { readonly [I in keyof Outs]: ResultNode<Outs[I]> };

/** What `get({ propagate: false })` of a group gives: what members returned, or their errors. */
export type MemberOutcomes<Outs extends readonly unknown[]> = { [I in keyof Outs]: Outs[I] | Error };

/** The group as JSON, as `toJSON()` writes it. */
export interface GroupResultJson {
  readonly id: string;
  readonly children: readonly ({ readonly id: string } | GroupResultJson)[];
}

/**
 * Tasks that were sent as a group, and their results once there are. Members are tasks, or again groups. Not thenable.
 * @source celery/result.py `GroupResult`
 */
export class GroupResult<Outs extends readonly unknown[] = readonly unknown[]> extends ResultNode<Outs> {
  readonly #members: GroupMembers;

  /**
   * Made by a client.
   * @param members tasks before which nothing comes may be given as their bare ids
   */
  constructor(id: string, members: readonly GroupMember[], source: ResultSource, origin: ResultOrigin = {}) {
    super(id, source, origin);
    this.#members = new GroupMembers(members, origin.parent ?? null);
  }

  /** How many members it has; a nested group is one. */
  get length(): number {
    return this.#members.length;
  }

  /** The results of its members, in their order, made when they are asked for. */
  get results(): MemberResults<Outs> {
    return [...this] as unknown as MemberResults<Outs>;
  }

  /** The result of one member. */
  at<I extends number>(index: I): ResultNode<Outs[I]> | undefined {
    const tuple = this.#members.at(index);
    return tuple && (this.#resultOf(tuple) as ResultNode<Outs[I]>);
  }

  *[Symbol.iterator](): Generator<ResultNode<Outs[number]>, void, undefined> {
    for (let index = 0; index < this.length; index++) {
      const member = this.at(index);
      if (member !== undefined) yield member;
    }
  }

  async children(): Promise<readonly ResultNode[]> {
    return [...this];
  }

  /**
   * Waits for all members and returns what they returned, in their order; of a nested group a list.
   * @throws what the first one to fail threw, as soon as it did; `failedTaskId(error)` says which it was
   * @throws {TaskRevokedError} when one was revoked or had expired
   * @throws {ResultTimeoutError} when they take longer than `timeout`
   * @throws {ResultNotStoredError} where no result of one will ever be stored
   * @throws {WaitInsideTaskError} inside of a task
   */
  get(options?: GetOptions & { readonly propagate?: true }): Promise<Outs>;
  get(options: GetOptions): Promise<MemberOutcomes<Outs>>;
  async get(options: GetOptions = {}): Promise<Outs | MemberOutcomes<Outs>> {
    const resolved = resolveGetOptions(options, this.id, 'group');
    const values = await this.#waitForAll(resolved);
    return this.#members.nest(values) as Outs;
  }

  /**
   * The members as they end, whatever becomes of them; those that have ended already first. It is ended early by leaving its loop.
   * @throws {ResultTimeoutError} when they take longer than `timeout` altogether
   * @throws {ResultNotStoredError} where no result of one will ever be stored
   * @throws {WaitInsideTaskError} inside of a task
   */
  async *iterate(
    options: Omit<GetOptions, 'propagate'> = {},
  ): AsyncGenerator<MemberEnd<Outs[number]>, void, undefined> {
    const { followParents, ...limits } = resolveGetOptions(options, this.id, 'group');
    const tasks = this.#awaited(followParents);
    const hasEnded = new Uint8Array(tasks.length);
    const ends = streamEnds(this.source, tasks, {
      ...limits,
      ended: (place) => (hasEnded[place] = 1),
      onTimeout: (ms) => this.#timeout(tasks, hasEnded, ms),
    });
    yield* memberEnds(this.#members, ends, this.source.errors) as AsyncGenerator<MemberEnd<Outs[number]>>;
  }

  /**
   * How far its tasks have come: the present state, then what changes, at most once in a turn of the event loop; completes when all have ended. Errors
   * only where states cannot be read. Each subscription follows by itself.
   */
  get progress$(): Observable<GroupProgress> {
    return groupProgress(this.source, () => this.#awaited(true));
  }

  /** Whether all members have ended. */
  async ready(): Promise<boolean> {
    return this.#every((meta) => meta !== undefined && isReadyState(meta.status));
  }

  /** Whether some member has not ended. */
  async waiting(): Promise<boolean> {
    return !(await this.ready());
  }

  /** Whether all members succeeded. */
  async successful(): Promise<boolean> {
    return this.#every((meta) => meta?.status === 'SUCCESS');
  }

  /** Whether a member failed. */
  async failed(): Promise<boolean> {
    return !(await this.#every((meta) => meta?.status !== 'FAILURE'));
  }

  /** How many of its tasks succeeded. @source celery/result.py `ResultSet.completed_count` */
  async completedCount(): Promise<number> {
    let count = 0;
    await this.#every((meta) => {
      if (meta?.status === 'SUCCESS') count += 1;
      return true;
    });
    return count;
  }

  /**
   * Keeps its members from being started, and what is known to come before them in the group; more than a thousand by the id of the group. Those that run
   * already go on, unless the options say otherwise.
   */
  async revoke(options?: RevokeOptions): Promise<void> {
    for (const ids of pagesOf(this.#members.idsToRevoke(this.id))) await this.source.revoke(ids, options);
  }

  /**
   * Keeps it under its id, for `TaskClient.restoreGroup(id)` here and `GroupResult.restore(id)` in Python, as long as results are kept.
   * @throws {UnsupportedByBackendError} where results of groups cannot be saved
   */
  async save(): Promise<void> {
    const groups = await this.source.store.groups(this.id);
    await groups.save(this.id, this.toTuple());
  }

  async forget(): Promise<void> {
    await this.source.store.forget(idsOfTree(this.toTuple()));
    await this.source.store.forgetGroup(this.id);
  }

  toTuple(): ResultTuple {
    return groupResultTuple(this.id, this.#members.tuples(), this.origin.parent);
  }

  toJSON(): GroupResultJson {
    return jsonOf(this.id, this.#members.tuples());
  }

  #resultOf(tuple: ResultTuple): ResultNode {
    return this.source.resultOf(tuple, this.origin.ignored);
  }

  /** Values and, where they are not thrown, errors, in the order of the tasks. */
  async #waitForAll({ propagate, ...limits }: ResolvedGetOptions): Promise<readonly unknown[]> {
    const { store, clock, errors } = this.source;
    const tasks = this.#awaited(limits.followParents);
    const values = Array.from<unknown>({ length: tasks.length });
    if (tasks.length === 0) return values;
    const hasEnded = new Uint8Array(tasks.length);
    let done = 0;
    const onTimeout = (ms: number): Error => this.#timeout(tasks, hasEnded, ms);
    return waitWithin({ ...limits, clock, onTimeout }, (resolve, reject) =>
      followEnds(store, tasks, {
        ended: (place, meta) => {
          const error = meta.status === 'SUCCESS' ? undefined : thrownErrorOf(meta, errors);
          if (error !== undefined && propagate) return reject(error);
          values[place] = error ?? meta.result;
          hasEnded[place] = 1;
          done += 1;
          if (done === tasks.length) resolve(values);
        },
        failed: (_place, error) => reject(error),
      }),
    );
  }

  #timeout(tasks: readonly Awaited[], hasEnded: Uint8Array, timeoutMs: number): ResultTimeoutError {
    const first = tasks[hasEnded.indexOf(0)]?.id ?? this.id;
    const done = hasEnded.reduce((sum, each) => sum + each, 0);
    return new ResultTimeoutError(first, undefined, timeoutMs, this.source.store.location, {
      id: this.id,
      done,
      total: tasks.length,
    });
  }

  /** @throws {ResultNotStoredError} for the first whose result is ignored */
  #awaited(followParents: boolean): readonly Awaited[] {
    const { ignored } = this.origin;
    const tasks = this.#members.tasks();
    const lost = ignored && tasks.find(({ id }) => ignored.has(id));
    if (lost !== undefined) throw new ResultNotStoredError(lost.id, 'ignored');
    if (!followParents) return tasks.map(({ id }) => ({ id, before: [] }));
    if (ignored === undefined) return tasks;
    return tasks.map(({ id, before }) => ({ id, before: before.filter((each) => !ignored.has(each)) }));
  }

  /** Reads the states of its tasks, page by page, until one does not hold. */
  async #every(holds: (meta: TaskMeta | undefined) => boolean): Promise<boolean> {
    for await (const { states } of this.source.store.fetchPages(this.#members.taskIds())) {
      for (const state of states) {
        if (state instanceof Error) throw state;
        if (!holds(state)) return false;
      }
    }
    return true;
  }
}

function jsonOf(id: string, members: readonly ResultTuple[]): GroupResultJson {
  return {
    id,
    children: members.map(([[memberId], inner]) => (inner === null ? { id: memberId } : jsonOf(memberId, inner))),
  };
}
