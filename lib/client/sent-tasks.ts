import type { Broker } from '../brokers/index.js';
import { InvalidOptionError, UnsupportedByBrokerError } from '../errors/index.js';
import { parseResultTuple, workflowMark, type ErrorRegistry, type ResultTuple } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import { AsyncResult } from './async-result.js';
import { GroupResult } from './group-result.js';
import type { LazyConnection } from './lazy-connection.js';
import type { ResultSource } from './result-node.js';
import { resultOf } from './result-of.js';
import type { ResultStore } from './result-store.js';
import { resolveRevokeOptions, type RevokeOptions } from './revoke-options.js';

export interface SentTasksSetup {
  readonly broker: Broker;
  readonly connection: LazyConnection;
  readonly store: ResultStore;
  readonly clock: Clock;
  readonly errors: ErrorRegistry;
}

/** What a client does with tasks that were sent, by whomever: reads their results, and revokes them. */
export abstract class SentTasks {
  /** What results are made with. */
  protected readonly source: ResultSource;
  readonly #broker: Broker;
  readonly #connection: LazyConnection;

  constructor({ broker, connection, ...reader }: SentTasksSetup) {
    this.#broker = broker;
    this.#connection = connection;
    this.source = {
      ...reader,
      resultOf: (tuple, ignored) => resultOf(tuple, this.source, ignored),
      revoke: (ids, options) => this.revoke(ids, options),
    };
  }

  /** The result of a task by its id, whoever sent it. */
  result<Result = unknown>(id: string): AsyncResult<Result> {
    return new AsyncResult<Result>(id, this.source);
  }

  /**
   * The result of a task or a group with what comes before it, from what `result.toTuple()` gave here, or `as_tuple()` in Python.
   * @throws {InvalidOptionError} for what is no such tuple
   */
  resultFromTuple(tuple: ResultTuple): AsyncResult | GroupResult {
    const read = parseResultTuple(tuple);
    if (read === undefined) throw new InvalidOptionError('tuple', 'what toTuple() of a result gives', tuple);
    return resultOf(read, this.source);
  }

  /**
   * The result of a group that was saved, by `save()` here or in Python; `undefined` where none is, or no longer.
   * @throws {UnsupportedByBackendError} where results of groups cannot be saved
   * @source celery/result.py `GroupResult.restore`
   */
  async restoreGroup<Outs extends readonly unknown[] = readonly unknown[]>(
    id: string,
  ): Promise<GroupResult<Outs> | undefined> {
    const groups = await this.source.store.groups(id);
    const [head, members] = (await groups.fetch(id)) ?? [];
    if (head === undefined || !members) return undefined;
    return new GroupResult<Outs>(id, members, this.source, { parent: head[1] });
  }

  /**
   * Keeps tasks from being started, in every worker of this broker; also those that start later. Those that run already go on, unless the options say
   * otherwise.
   * @throws {InvalidOptionError} for options that cannot be used
   * @throws {UnsupportedByBrokerError} when the broker keeps no revocations
   */
  async revoke(ids: string | readonly string[], options: RevokeOptions = {}): Promise<void> {
    const { revocations, store } = this.#broker;
    const { ttlMs, running } = resolveRevokeOptions(options);
    if (revocations === undefined) throw new UnsupportedByBrokerError('revoke tasks', store);
    await this.#connection.ready();
    await revocations.revoke(typeof ids === 'string' ? [ids] : ids, ttlMs, running);
  }

  /**
   * Keeps all tasks of workflows from being started, also those that are sent later: all that have one of these ids as that of their root, which is the
   * first task of their workflow, or of their group. Those that run already go on, unless the options say otherwise.
   * @throws {InvalidOptionError} for options that cannot be used
   * @throws {UnsupportedByBrokerError} when the broker keeps no revocations
   */
  cancel(ids: string | readonly string[], options?: RevokeOptions): Promise<void> {
    return this.revoke((typeof ids === 'string' ? [ids] : ids).map(workflowMark), options);
  }
}
