import type { Observable } from 'rxjs';
import type { TaskGraph } from '../../canvas/index.js';
import type { ResultTuple } from '../../protocol/index.js';
import type { AsyncResult } from '../async-result.js';
import type { GetOptions } from '../get-options.js';
import type { GroupProgress } from '../group-progress.js';
import { GroupResult } from '../group-result.js';
import type { MemberEnd } from '../member-ends.js';
import type { ResultSource } from '../result-node.js';
import type { IgnoredTasks } from '../result-reader.js';
import type { RevokeOptions } from '../revoke-options.js';
import { WorkflowGraph } from '../workflow-graph.js';
import type { WorkflowEdge } from '../workflow-tree.js';

type Named = Readonly<Record<string, unknown>>;

/** The results of a graph's nodes, by their names. */
export type NodeResults<Outs extends Named> = { readonly [Name in keyof Outs]: AsyncResult<Outs[Name]> };

/** What `get({ propagate: false })` of a graph gives: what nodes returned, or their errors. */
export type NodeOutcomes<Outs extends Named> = { readonly [Name in keyof Outs]: Outs[Name] | Error };

/** How a node of a graph ended. */
export type NodeEnd = MemberEnd & { readonly name: string };

/** A graph that was sent, and the results of its nodes once there are. Not thenable. */
export class GraphResult<Outs extends Named = Named> {
  /** All nodes as one group, in the order in which they were written. */
  readonly tasks: GroupResult;
  /** The result of each node, by its name. */
  readonly nodes: NodeResults<Outs>;
  readonly #graph: TaskGraph;
  readonly #source: ResultSource;

  /** Made by a client. */
  constructor(graph: TaskGraph, [[id], members]: ResultTuple, source: ResultSource, ignored: IgnoredTasks | undefined) {
    this.#graph = graph;
    this.#source = source;
    this.tasks = new GroupResult(id, members ?? [], source, { ignored });
    this.nodes = this.#byName([...this.tasks]) as NodeResults<Outs>;
  }

  /** By which `tasks.cancel` knows it, and its tasks name their root, where it was not sent by a task. */
  get id(): string {
    return this.tasks.id;
  }

  /**
   * Waits for all nodes and returns what they returned, by their names.
   * @throws what the first one to fail threw, as soon as it did; `failedTaskId(error)` says which it was
   * @throws {TaskRevokedError} when one was revoked or had expired
   * @throws {ResultTimeoutError} when they take longer than `timeout`
   * @throws {ResultNotStoredError} where no result of one will ever be stored
   * @throws {WaitInsideTaskError} inside of a task
   */
  get(options?: GetOptions & { readonly propagate?: true }): Promise<Outs>;
  get(options: GetOptions): Promise<NodeOutcomes<Outs>>;
  async get(options: GetOptions = {}): Promise<Outs | NodeOutcomes<Outs>> {
    return this.#byName(await this.tasks.get(options)) as Outs;
  }

  /**
   * The nodes as they end, whatever becomes of them; those that have ended already first.
   * @throws as `iterate` of a group does
   */
  async *iterate(options: Omit<GetOptions, 'propagate'> = {}): AsyncGenerator<NodeEnd, void, undefined> {
    for await (const end of this.tasks.iterate(options)) yield { ...end, name: this.#nameAt(end.index) };
  }

  /** How many of its nodes have ended: the present state, then what changes; completes when all have. */
  get progress$(): Observable<GroupProgress> {
    return this.tasks.progress$;
  }

  /** Whether all nodes have ended. */
  ready(): Promise<boolean> {
    return this.tasks.ready();
  }

  /** Whether all nodes succeeded. */
  successful(): Promise<boolean> {
    return this.tasks.successful();
  }

  /** Whether some node failed. */
  failed(): Promise<boolean> {
    return this.tasks.failed();
  }

  /** Keeps its nodes from being started. What runs already goes on, unless the options say otherwise. */
  revoke(options?: RevokeOptions): Promise<void> {
    return this.tasks.revoke(options);
  }

  /**
   * Keeps what has not ended from being started, also what is not sent yet. What runs already goes on, unless the options say otherwise. As any revocation,
   * workers of this library alone obey it.
   */
  cancel(options?: RevokeOptions): Promise<void> {
    return this.tasks.cancel(options);
  }

  /** Deletes what is stored of its nodes. */
  forget(): Promise<void> {
    return this.tasks.forget();
  }

  /** Its nodes with their names and their states by now, and what comes after what: as Graphviz and as Mermaid text. */
  async graph(): Promise<WorkflowGraph> {
    const ids = [...this.tasks].map(({ id }) => id);
    const states: string[] = [];
    for await (const page of this.#source.store.fetchPages(ids)) {
      for (const meta of page.states) {
        if (meta instanceof Error) throw meta;
        states.push(meta?.status ?? 'PENDING');
      }
    }
    const { nodes } = this.#graph;
    const idOf = new Map(nodes.map(({ name }, index) => [name, ids[index] ?? '']));
    return new WorkflowGraph(
      nodes.map(({ name }, index) => ({ id: ids[index] ?? '', kind: 'task', state: states[index], name })),
      nodes.flatMap(({ name, after }) =>
        after.map((from): WorkflowEdge => ({ from: idOf.get(from) ?? '', to: idOf.get(name) ?? '', link: 'then' })),
      ),
    );
  }

  /** Ids of all nodes as those of a group, for `tasks.resultFromTuple`, which does not know their names. */
  toTuple(): ResultTuple {
    return this.tasks.toTuple();
  }

  toJSON(): { readonly id: string; readonly nodes: Readonly<Record<string, string>> } {
    return { id: this.id, nodes: this.#byName([...this.tasks].map(({ id }) => id)) as Record<string, string> };
  }

  #byName(values: readonly unknown[]): Named {
    return Object.fromEntries(values.map((value, index) => [this.#nameAt(index), value]));
  }

  #nameAt(index: number): string {
    return this.#graph.nodes[index]?.name ?? '';
  }
}
