import { InvalidSignatureError, nearestName } from '../errors/index.js';
import { inOrder } from './graph-order.js';
import { checkName, refuseUnknownKeys } from '../options/index.js';
import type { GraphNode, NodesOf, OutsOfNodes } from './graph-types.js';
import { SignatureGraph } from './signature-graph.js';
import { stateOf } from './signature-view.js';
import type { AnySignature } from './signature.js';
import { WholeWorkflow } from './whole-workflow.js';

declare const output: unique symbol;

/** A node of a graph, and what it waits for. */
export interface TaskGraphNode {
  readonly name: string;
  /** Names of the nodes before it. */
  readonly after: readonly string[];
  /** Whether it takes their results as a list; else it waits for one at most, and takes its result. */
  readonly takesList: boolean;
  readonly run: AnySignature;
}

/** How a graph is sent. */
export interface GraphOptions {
  /**
   * Where workers of this library take the tasks that belong to the graph itself.
   * @defaultValue the default queue of the application that sends it; where all tasks in it that this one declares say another, that of the first of these
   */
  readonly queue?: string;
}

/**
 * Signatures with names, each of which begins when those that it waits for have succeeded: a workflow of any shape that has no cycle. `TaskClient.apply` sends
 * it; its result has those of all nodes by their names, which are `Outs`.
 */
export class TaskGraph<
  out Outs extends Readonly<Record<string, unknown>> = Readonly<Record<string, unknown>>,
> extends WholeWorkflow {
  declare readonly [output]: Outs;

  /**
   * Made by `graph`.
   * @param nodes in the order in which they were written
   * @param ordered the same, each after all that it waits for
   * @param queue of the tasks that belong to the graph itself
   */
  constructor(
    readonly nodes: readonly TaskGraphNode[],
    readonly ordered: readonly TaskGraphNode[],
    readonly queue?: string,
  ) {
    super();
  }

  /** Its nodes, and what comes after what: as data, and as Graphviz and Mermaid text. */
  graph(): SignatureGraph {
    return new SignatureGraph(
      this.nodes.map(({ name, run }) => ({ id: name, kind: 'task', task: run.task, name })),
      this.nodes.flatMap(({ name, after }) => after.map((from) => ({ from, to: name, kind: 'next' }) as const)),
    );
  }
}

/**
 * A workflow of any shape without cycles, by names:
 *
 *     graph({
 *       fetch: t.fetch.s(url),
 *       words: { after: 'fetch', run: t.count.s() },
 *       links: { after: 'fetch', run: t.links.s() },
 *       report: { after: ['words', 'links'], run: t.report.s() },
 *     })
 *
 * A node that waits for one by its name is called with its result, one that waits for a list with the list of their results, unless it is immutable. A
 * node may be any workflow; one that ends in a group gives the list of its results.
 * @throws {InvalidSignatureError} naming the node that is none, waits for one that is not there, or is in a cycle
 * @throws {InvalidOptionError | UnknownOptionError} for an option, or a key of a node
 */
export function graph<const Nodes extends Readonly<Record<string, GraphNode>>>(
  nodes: Nodes & NodesOf<Nodes>,
  options: GraphOptions = {},
): TaskGraph<OutsOfNodes<Nodes>> {
  refuseUnknownKeys(options, ['queue'], 'graph');
  const queue = options.queue === undefined ? undefined : checkName(options.queue, 'graph.queue');
  const given: unknown = nodes;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidSignatureError('nodes', 'a map of signatures by their names', given);
  }
  const read = Object.entries(given).map(([name, node]) => readNode(name, node));
  if (read.length === 0) throw new InvalidSignatureError('nodes', 'a map of one signature or more', given);
  checkNames(read);
  return new TaskGraph<OutsOfNodes<Nodes>>(read, inOrder(read), queue);
}

function readNode(name: string, node: unknown): TaskGraphNode {
  const place = `nodes.${name}`;
  if (!isWaiting(node)) {
    stateOf(node, place);
    return { name, after: [], takesList: false, run: node as AnySignature };
  }
  refuseUnknownKeys(node, ['after', 'run'], place);
  stateOf(node.run, `${place}.run`);
  const run = node.run as AnySignature;
  if (typeof node.after === 'string') return { name, after: [node.after], takesList: false, run };
  const after: unknown = node.after;
  if (!Array.isArray(after) || after.some((each) => typeof each !== 'string')) {
    throw new InvalidSignatureError(`${place}.after`, 'the name of a node, or a list of names', after);
  }
  if (after.length === 0) {
    throw new InvalidSignatureError(
      `${place}.after`,
      'left out, with the signature alone as the node, for what waits for nothing',
      after,
    );
  }
  return { name, after: [...(after as readonly string[])], takesList: true, run };
}

function isWaiting(node: unknown): node is { readonly after: unknown; readonly run: unknown } {
  return typeof node === 'object' && node !== null && ('after' in node || 'run' in node);
}

function checkNames(nodes: readonly TaskGraphNode[]): void {
  const names = new Set(nodes.map(({ name }) => name));
  for (const { name, after } of nodes) {
    const place = `nodes.${name}.after`;
    for (const [index, each] of after.entries()) {
      if (after.indexOf(each) < index) throw new InvalidSignatureError(place, 'a list that names each node once', each);
      if (names.has(each)) continue;
      const nearest = nearestName(each, names);
      const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
      throw new InvalidSignatureError(place, `the name of a node of the graph${hint}`, each);
    }
  }
}
