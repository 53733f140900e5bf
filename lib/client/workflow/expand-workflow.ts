import { InvalidSignatureError } from '../../errors/index.js';
import type { SignatureMap } from '../../protocol/index.js';
import type { SendRequest } from '../send-request.js';
import { requestOfSignature, type SignatureCall } from '../signature-request.js';
import { composeSteps } from './compose-workflow.js';
import { joined } from './join-steps.js';
import { renderNode, type Place } from './render-workflow.js';
import { checkWeight } from './workflow-weight.js';
import type { CanvasNode, ChordNode, Member, TaskNode } from './canvas-node.js';

/** How many parts end a chord; structurally the result backends' `ChordOpening`. */
export interface ChordSize {
  readonly groupId: string;
  readonly size: number;
  /** By when it has to end, and what will be needed then. */
  readonly late?: { readonly atMs: number; readonly text: string } | undefined;
}

/** What has to be done for a workflow to begin: the sizes of its chords are said before anything is sent. */
export interface Expansion {
  readonly requests: SendRequest[];
  readonly chords: ChordSize[];
}

export interface ExpansionSetup {
  readonly nowMs: number;
  /** Where rpc results of its tasks go. */
  readonly replyTo: string;
  /** What is needed when a chord with that body has not ended in time. */
  readonly late?: ((body: SignatureMap) => ChordSize['late']) | undefined;
}

/** What a workflow is called with, and where it stands. */
export interface WorkflowCall extends Pick<SignatureCall, 'prependArgs' | 'lineage' | 'chain'> {
  readonly place?: Place;
}

/**
 * The messages that begin a workflow: of a chain the first step, which carries the others; of a group all of its members; of a chord its header.
 * @throws {InvalidSignatureError} for what cannot be sent
 * @source celery/canvas.py `run` and `apply_async` of each kind
 */
export function expandWorkflow(node: CanvasNode, call: WorkflowCall, setup: ExpansionSetup): Expansion {
  const expansion: Expansion = { requests: [], chords: [] };
  expand(node, call, setup, expansion);
  return expansion;
}

function expand(node: CanvasNode, call: WorkflowCall, setup: ExpansionSetup, into: Expansion): void {
  switch (node.kind) {
    case 'task':
      into.requests.push(requestOf(node, call, setup));
      return;
    case 'chain': {
      const [first, ...others] = node.steps;
      const last = others.length - 1;
      const rendered = others.map((step, index) =>
        renderNode(step, setup.replyTo, index === last ? call.place : undefined),
      );
      rendered.forEach((step, index) => checkWeight(step, `steps[${index + 1}]`));
      const { place: _place, chain = [], ...rest } = call;
      return expand(first as CanvasNode, { ...rest, chain: [...chain, ...rendered.toReversed()] }, setup, into);
    }
    case 'group':
      if (hasRest(call)) return expand(withRest(node, call.chain), withoutRest(call), setup, into);
      if (node.chord !== undefined) into.chords.push({ groupId: node.id, size: node.members.length });
      return expandMembers(node.id, node.members, node.chord, call, setup, into);
    case 'chord':
      if (hasRest(call)) return expand(withRest(node, call.chain), withoutRest(call), setup, into);
      return expandChord(node, call, setup, into);
  }
}

/** As of its rendered map, which is not made: a group has many, and copies of options cost more than the rest. */
function requestOf({ id, map }: TaskNode, { place, prependArgs, lineage, chain }: WorkflowCall, setup: ExpansionSetup) {
  const { nowMs, replyTo } = setup;
  const call = {
    prependArgs,
    lineage,
    chain,
    id,
    replyTo,
    groupId: place?.groupId,
    groupIndex: place?.groupIndex,
    chord: place?.chord,
  };
  return requestOfSignature(map, call, nowMs);
}

function expandChord(node: ChordNode, call: WorkflowCall, setup: ExpansionSetup, into: Expansion): void {
  const place: Place = { ...call.place, groupId: call.place?.groupId ?? node.id };
  if (node.header.length === 0) {
    // Nothing to wait for: the body is called with no results.
    return expand(node.body, { ...call, prependArgs: [[]], place }, setup, into);
  }
  const body = renderNode(node.body, setup.replyTo, place);
  checkWeight(body, 'body');
  expandMembers(node.id, node.header, body, call, setup, into);
  into.chords.push({ groupId: node.id, size: node.header.length, late: setup.late?.(body) });
}

function expandMembers(
  groupId: string,
  members: readonly Member[],
  chord: SignatureMap | undefined,
  { prependArgs, lineage }: WorkflowCall,
  setup: ExpansionSetup,
  into: Expansion,
): void {
  for (const { node, index } of members) {
    expand(
      node,
      { prependArgs, lineage, place: { groupId, groupIndex: index, chord, isMember: node.kind === 'chord' } },
      setup,
      into,
    );
  }
}

function hasRest(call: WorkflowCall): call is WorkflowCall & { readonly chain: readonly SignatureMap[] } {
  return call.chain !== undefined && call.chain.length > 0;
}

function withoutRest({ chain: _chain, ...call }: WorkflowCall): WorkflowCall {
  return call;
}

/** With what follows, reversed as on the wire: it waits for all members of a group, and for the body of a chord. */
function withRest(node: CanvasNode, chain: readonly SignatureMap[]): CanvasNode {
  const following = composeSteps(chain.toReversed());
  const whole = joined([node, following]);
  if (whole === undefined) throw new InvalidSignatureError('chain', 'at least one step', chain);
  return whole;
}
