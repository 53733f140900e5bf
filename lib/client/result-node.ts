import type { Observable } from 'rxjs';
import type { ResultTuple } from '../protocol/index.js';
import { cancelWorkflow } from './cancel-workflow.js';
import type { GetOptions } from './get-options.js';
import type { IgnoredTasks, ResultReader } from './result-reader.js';
import { collect, walk } from './result-walk.js';
import type { RevokeOptions } from './revoke-options.js';
import { readGraph, type WorkflowGraph } from './workflow-graph.js';
import { workflowProgress, type WorkflowProgress } from './workflow-progress.js';

/** What a result needs of its client. */
export interface ResultSource extends ResultReader {
  resultOf(tuple: ResultTuple, ignored?: IgnoredTasks): ResultNode;
}

/** What a client knows of a result when it makes it. */
export interface ResultOrigin {
  /** It was sent with its result ignored. */
  readonly isIgnored?: boolean;
  /** The result before it in a workflow. */
  readonly parent?: ResultTuple | null;
  /** Which tasks around it have no results. */
  readonly ignored?: IgnoredTasks | undefined;
}

/**
 * The result of a task or of a group, as results are joined to trees: what comes before it is its parent, what it sent its children.
 * An `AsyncResult` or a `GroupResult`.
 * @source celery/result.py `ResultBase`
 */
export abstract class ResultNode<T = unknown> {
  readonly #source: ResultSource;
  readonly #origin: ResultOrigin;
  #parent: ResultNode | undefined;

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
  get parent(): ResultNode | undefined {
    const { parent, ignored } = this.#origin;
    if (parent === undefined || parent === null) return undefined;
    this.#parent ??= this.#source.resultOf(parent, ignored);
    return this.#parent;
  }

  abstract get(options?: GetOptions & { readonly propagate?: true }): Promise<T>;
  abstract get(options: GetOptions): Promise<unknown>;

  /** Whether all of it has ended: succeeded, failed or was revoked. */
  abstract ready(): Promise<boolean>;

  /** Whether all of it succeeded. */
  abstract successful(): Promise<boolean>;

  /** Whether some of it failed. What was revoked did not. */
  abstract failed(): Promise<boolean>;

  /** What a task sent while it ran, and what was linked to it; the members of a group. */
  abstract children(): Promise<readonly ResultNode[]>;

  /** Keeps it from being started. What runs already goes on, unless the options say otherwise. */
  abstract revoke(options?: RevokeOptions): Promise<void>;

  /**
   * Keeps all of its workflow that has not ended from being started: what comes before it up to the first step, its members, what these are known to have
   * sent, and what the first thousand tasks of the workflow, or tasks that descend from them, will still send. What runs already goes on, unless the options
   * say otherwise. As any revocation, workers of this library alone obey it.
   */
  cancel(options?: RevokeOptions): Promise<void> {
    return cancelWorkflow(this.#source, this.toTuple(), options);
  }

  /**
   * Waits for it, then for all that it sent, and so on, level by level: each result with its value. `timeout` is for all of them together.
   * @throws what `get()` of one of them throws
   * @source celery/result.py `AsyncResult.collect`
   */
  collect(options: GetOptions = {}): AsyncGenerator<readonly [result: ResultNode, value: unknown], void, undefined> {
    return collect<ResultNode>(this, options, this.#source.clock);
  }

  /**
   * It and all that is known to be below it by now, level by level, each with the result that it was found by. Waits for nothing.
   * @source celery/result.py `AsyncResult.iterdeps`
   */
  walk(): AsyncGenerator<readonly [parent: ResultNode | undefined, node: ResultNode], void, undefined> {
    return walk<ResultNode>(this);
  }

  /** What is known of its workflow by now, from the first step on, with states: as Graphviz and as Mermaid text. */
  graph(): Promise<WorkflowGraph> {
    return readGraph(this.#source, this.toTuple());
  }

  /**
   * How far its workflow has come, from the first step on: the present state, then what changes, at most once in a turn of the event loop. Grows with the
   * tasks that tasks send, and completes when all that are known have ended. Tasks whose results are known to be ignored do not count. Errors only where
   * states cannot be read. Each subscription follows by itself.
   */
  get workflowProgress$(): Observable<WorkflowProgress> {
    return workflowProgress(this.#source, this.toTuple(), this.#origin.ignored);
  }

  /** Deletes what is stored of it, and of all that is known to come before it. */
  abstract forget(): Promise<void>;

  /** Ids of it and of all that is known to come before it, as Celery writes them. @source celery/result.py `as_tuple` */
  abstract toTuple(): ResultTuple;

  protected get source(): ResultSource {
    return this.#source;
  }

  protected get origin(): ResultOrigin {
    return this.#origin;
  }
}
