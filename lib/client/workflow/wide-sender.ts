import { SignatureView, type AnySignature, type WideChord, type WideGroup } from '../../canvas/index.js';
import { InvalidSignatureError } from '../../errors/index.js';
import { newId, type OutgoingMessage, type SignatureMap } from '../../protocol/index.js';
import type { GroupMember } from '../group-members.js';
import type { SendRequest } from '../send-request.js';
import { resultTupleOf, type CanvasNode } from './canvas-node.js';
import { BODY_ROLE, checkFollowing } from './check-following.js';
import { composeWorkflow } from './compose-workflow.js';
import type { ChordSize } from './expand-workflow.js';
import { collected } from './join-steps.js';
import { renderNode } from './render-workflow.js';
import { BATCH_SIZE, type WorkflowSenderSetup } from './workflow-sender.setup.js';

/** What a wide workflow was sent as. */
export interface SentWide {
  readonly groupId: string;
  readonly members: readonly GroupMember[];
  /** Of a chord. */
  readonly body: CanvasNode | undefined;
}

/** One wide workflow on its way: takes members as they come, in bounded memory but for their ids. */
export class WideSender {
  private readonly groupId = newId();
  private readonly members: GroupMember[] = [];
  private readonly body: CanvasNode | undefined;
  /** As each member carries it. */
  private readonly chord: SignatureMap | undefined;
  private batch: OutgoingMessage[] = [];
  private inner: ChordSize[] = [];
  private publishing: Promise<void> | undefined;

  constructor(
    private readonly setup: WorkflowSenderSetup,
    private readonly workflow: WideGroup | WideChord,
  ) {
    if (!('header' in workflow)) return;
    this.body = composeWorkflow(setup.messages.mapOf(workflow.body));
    checkFollowing(this.body, setup.catalog, BODY_ROLE);
    this.chord = renderNode(this.body, setup.messages.replyTo, { groupId: this.groupId });
  }

  async send(): Promise<SentWide> {
    const { members } = 'header' in this.workflow ? this.workflow.header : this.workflow;
    try {
      if (Symbol.iterator in members) {
        // What can be had at once is: each turn of `for await` costs three of the microtask queue.
        for (const each of members) {
          const adding = this.add(each);
          if (adding !== undefined) await adding;
        }
      } else for await (const each of members) await this.add(each);
      await this.end();
    } finally {
      await this.publishing?.catch(() => undefined); // also where the source has thrown
    }
    return { groupId: this.groupId, members: this.members, body: this.body };
  }

  /** A full batch goes when there is something to follow it: the size of a chord is said before its last messages. */
  private add(member: AnySignature): Promise<void> | undefined {
    if (!(member instanceof SignatureView)) {
      throw new InvalidSignatureError(`members[${this.members.length}]`, 'a signature', member);
    }
    if (this.batch.length >= BATCH_SIZE) return this.flush().then(() => this.put(member));
    return this.put(member);
  }

  private put(member: AnySignature): Promise<void> | undefined {
    if (!member.isBare) return this.putWorkflow(composeWorkflow(this.setup.messages.mapOf(member)));
    const { task, args, kwargs } = member;
    const { groupId, chord } = this;
    const id = newId();
    const groupIndex = this.members.push(id) - 1;
    return this.make({ task, args, kwargs, id, groupId, groupIndex, chord });
  }

  private async putWorkflow(node: CanvasNode): Promise<void> {
    checkFollowing(node, this.setup.catalog);
    for (const branch of branchesOf(node)) {
      const whole = this.chord === undefined ? branch : collected(branch);
      const groupIndex = this.members.push(resultTupleOf(whole)) - 1;
      const place = { groupId: this.groupId, groupIndex, chord: this.chord, isMember: whole.kind === 'chord' };
      const { requests, chords } = this.setup.messages.expand(whole, { place });
      this.inner.push(...chords);
      for (const request of requests) await this.make(request);
    }
  }

  private make(request: SendRequest): Promise<void> | undefined {
    const checking = this.setup.check(request);
    if (checking !== undefined) return checking.then(() => void this.batch.push(this.setup.messages.create(request)));
    this.batch.push(this.setup.messages.create(request));
    return undefined;
  }

  private async end(): Promise<void> {
    const { body, chord } = this;
    if (body !== undefined && chord !== undefined) {
      if (this.members.length > 0) {
        const late = this.setup.messages.lateChord(chord);
        this.inner.push({ groupId: this.groupId, size: this.members.length, late });
      } else await this.callBody(body);
    }
    if (this.batch.length > 0) await this.flush();
    await this.publishing;
  }

  /** Nothing to wait for. */
  private async callBody(body: CanvasNode): Promise<void> {
    const place = { groupId: this.groupId };
    const { requests, chords } = this.setup.messages.expand(body, { prependArgs: [[]], place });
    this.inner.push(...chords);
    for (const request of requests) await this.make(request);
  }

  private async flush(): Promise<void> {
    const { batch, inner } = this;
    this.batch = [];
    this.inner = [];
    await this.publishing;
    this.publishing = this.publish(batch, inner);
    this.publishing.catch(() => undefined); // thrown where it is waited for
  }

  private async publish(batch: readonly OutgoingMessage[], chords: readonly ChordSize[]): Promise<void> {
    if (chords.length > 0) await this.setup.openChords(chords);
    await this.setup.publish(batch);
  }
}

function branchesOf(node: CanvasNode): readonly CanvasNode[] {
  return node.kind === 'group' ? node.members.map((member) => member.node) : [node];
}
