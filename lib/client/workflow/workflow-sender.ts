import type { AnySignature, WideChord, WideGroup } from '../../canvas/index.js';
import { groupResultTuple, taskResultTuple, type OutgoingMessage, type ResultTuple } from '../../protocol/index.js';
import { GroupResult } from '../group-result.js';
import type { ResultNode, ResultSource } from '../result-node.js';
import { checkFollowing } from './check-following.js';
import { composeWorkflow } from './compose-workflow.js';
import { resultTupleOf, type CanvasNode } from './canvas-node.js';
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

  /**
   * Resolves with the ids of all its tasks when the broker has confirmed what begins it. Everything that can be refused is, before anything is sent.
   * @param onSent told of each message
   */
  async send(workflow: AnySignature, onSent: (message: OutgoingMessage) => void): Promise<SentWorkflow> {
    const { messages, check, catalog, openChords, publish } = this.setup;
    const node = composeWorkflow(messages.mapOf(workflow));
    checkFollowing(node, catalog);
    const { requests, chords } = messages.expand(node);
    for (const request of requests) {
      const checking = check(request);
      if (checking !== undefined) await checking;
    }
    const created = requests.map((request) => messages.create(request));
    if (chords.length > 0) await openChords(chords);
    for (let at = 0; at < created.length; at += BATCH_SIZE) {
      const batch = created.slice(at, at + BATCH_SIZE);
      await publish(batch);
      batch.forEach(onSent);
    }
    return { tuple: resultTupleOf(node), ignored: this.ignoredOf(node) };
  }

  /** The same as its members come; those before one that is refused have been sent. */
  sendWide(workflow: WideGroup | WideChord, onSent: (message: OutgoingMessage) => void): Promise<SentWide> {
    return new WideSender({ ...this.setup, onSent }, workflow).send();
  }

  private ignoredOf(node: CanvasNode): ReadonlySet<string> | undefined {
    const { messages } = this.setup;
    const ignored = tasksOf(node).filter(({ map }) =>
      messages.ignoresResult({ task: map.task, ignoreResult: map.options?.['ignore_result'] === true || undefined }),
    );
    return ignored.length === 0 ? undefined : new Set(ignored.map(({ id }) => id));
  }
}

/** The result of a wide workflow. The header of a chord is the parent of its body. */
export function sentWideResult({ groupId, members, body }: SentWide, source: ResultSource): ResultNode {
  if (body === undefined) return new GroupResult(groupId, members, source);
  const tuples = members.map((member) => (typeof member === 'string' ? taskResultTuple(member) : member));
  return source.resultOf(resultTupleOf(body, groupResultTuple(groupId, tuples)));
}
