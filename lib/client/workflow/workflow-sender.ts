import {
  TaskGraph,
  type AnySignature,
  type TaskGraphNode,
  type WideChord,
  type WideGroup,
} from '../../canvas/index.js';
import { groupResultTuple, newId, taskResultTuple, type ResultTuple } from '../../protocol/index.js';
import { TaskContext } from '../../tasks/index.js';
import { planGraph } from '../graph/plan-graph.js';
import { GroupResult } from '../group-result.js';
import type { ResultNode, ResultSource } from '../result-node.js';
import { checkFollowing } from './check-following.js';
import { composeWorkflow } from './compose-workflow.js';
import { resultTupleOf, type CanvasNode } from './canvas-node.js';
import type { Expansion } from './expand-workflow.js';
import { WideSender, type SentWide } from './wide-sender.js';
import { BATCH_SIZE, type WorkflowSenderSetup } from './workflow-sender.setup.js';
import { tasksOf } from './workflow-tasks.js';

/** The ids of a workflow that was sent. */
export interface SentWorkflow {
  readonly tuple: ResultTuple;
  /** Those whose results nobody stores. */
  readonly ignored: ReadonlySet<string> | undefined;
}

/** Sends what begins a workflow. */
export class WorkflowSender {
  constructor(private readonly setup: WorkflowSenderSetup) {}

  /** Resolves with the ids of all its tasks when the broker has confirmed what begins it. Everything that can be refused is, before anything is sent. */
  async send(workflow: AnySignature | TaskGraph): Promise<SentWorkflow> {
    if (workflow instanceof TaskGraph) return this.sendGraph(workflow);
    const node = composeWorkflow(this.setup.messages.mapOf(workflow));
    checkFollowing(node, this.setup.catalog);
    await this.begin(this.setup.messages.expand(node));
    return { tuple: resultTupleOf(node), ignored: this.ignoredOf([node]) };
  }

  /** The same of a graph: what its nodes begin with, and how much each join waits for. */
  private async sendGraph(graph: TaskGraph): Promise<SentWorkflow> {
    const { messages, catalog } = this.setup;
    const { rest, nodes, sizes } = planGraph(graph, {
      toMap: (each) => messages.mapOf(each),
      replyTo: messages.replyTo,
      isDeclared: (task) => catalog.get(task) !== undefined,
      defaultQueue: messages.defaultQueue,
    });
    nodes.forEach((node, at) => checkFollowing(node, catalog, roleOf(graph.nodes[at])));
    const expander = messages.graph(rest);
    const id = newId();
    const { requests, chords } = expander.expand(
      [],
      TaskContext.current() === undefined ? { rootId: id, parentId: undefined } : undefined,
    );
    for (const [at, size] of sizes) {
      chords.push({ groupId: rest.steps[at]?.join ?? '', size, late: messages.lateChord(expander.bodyOf(at)) });
    }
    await this.begin({ requests, chords });
    return {
      tuple: groupResultTuple(
        id,
        nodes.map((node) => resultTupleOf(node)),
      ),
      ignored: this.ignoredOf(nodes),
    };
  }

  private async begin({ requests, chords }: Expansion): Promise<void> {
    const { messages, check, openChords, publish } = this.setup;
    for (const request of requests) {
      const checking = check(request);
      if (checking !== undefined) await checking;
    }
    const created = requests.map((request) => messages.create(request));
    if (chords.length > 0) await openChords(chords);
    for (let at = 0; at < created.length; at += BATCH_SIZE) {
      await publish(created.slice(at, at + BATCH_SIZE));
    }
  }

  /** The same as its members come; those before one that is refused have been sent. */
  sendWide(workflow: WideGroup | WideChord): Promise<SentWide> {
    return new WideSender(this.setup, workflow).send();
  }

  private ignoredOf(nodes: readonly CanvasNode[]): ReadonlySet<string> | undefined {
    const { messages } = this.setup;
    const ignored = nodes
      .flatMap(tasksOf)
      .filter(({ map }) =>
        messages.ignoresResult({ task: map.task, ignoreResult: map.options?.['ignore_result'] === true || undefined }),
      );
    return ignored.length === 0 ? undefined : new Set(ignored.map(({ id }) => id));
  }
}

/** Why a node is called with something before its own arguments. */
function roleOf(node: TaskGraphNode | undefined): string | undefined {
  if (node === undefined || node.after.length === 0) return undefined;
  const [first] = node.after;
  const given = node.takesList ? 'the list of results that it waits for' : `the result of "${first}"`;
  return `node "${node.name}" of a graph, which is called with ${given} first`;
}

/** The result of a wide workflow. The header of a chord is the parent of its body. */
export function sentWideResult({ groupId, members, body }: SentWide, source: ResultSource): ResultNode {
  if (body === undefined) return new GroupResult(groupId, members, source);
  const tuples = members.map((member) => (typeof member === 'string' ? taskResultTuple(member) : member));
  return source.resultOf(resultTupleOf(body, groupResultTuple(groupId, tuples)));
}
