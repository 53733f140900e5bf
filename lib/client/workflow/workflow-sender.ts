import type { OutgoingMessage, ResultTuple, SignatureMap } from '../../protocol/index.js';
import type { MessageFactory } from '../message-factory.js';
import type { SendRequest } from '../send-request.js';
import { composeWorkflow } from './compose-workflow.js';
import type { ChordSize } from './expand-workflow.js';
import { resultTupleOf, type CanvasNode } from './canvas-node.js';
import { tasksOf } from './workflow-tasks.js';

/** Messages of one confirm. */
const BATCH_SIZE = 200;

export interface WorkflowSenderSetup {
  readonly messages: Pick<MessageFactory, 'expand' | 'create' | 'ignoresResult'>;
  /** Refuses arguments that the task refuses; without a promise where nothing has to be waited for. */
  readonly check: (request: SendRequest) => Promise<void> | undefined;
  readonly openChords: (chords: readonly ChordSize[]) => Promise<void>;
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
}

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
  async send(map: SignatureMap, onSent: (message: OutgoingMessage) => void): Promise<SentWorkflow> {
    const { messages, check, openChords, publish } = this.setup;
    const node = composeWorkflow(map);
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

  private ignoredOf(node: CanvasNode): ReadonlySet<string> | undefined {
    const { messages } = this.setup;
    const ignored = tasksOf(node).filter(({ map }) =>
      messages.ignoresResult({ task: map.task, ignoreResult: map.options?.['ignore_result'] === true || undefined }),
    );
    return ignored.length === 0 ? undefined : new Set(ignored.map(({ id }) => id));
  }
}
