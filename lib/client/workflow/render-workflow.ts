import type { SignatureMap } from '../../protocol/index.js';
import { lastStep, type CanvasNode, type Member } from './canvas-node.js';

/** Where a node stands in a group, and what it counts for there. What is written in its signature already comes first. */
export interface Place {
  readonly groupId?: string | undefined;
  readonly groupIndex?: number | undefined;
  /** Body of the chord whose header it is in. */
  readonly chord?: SignatureMap | undefined;
  /** It is sent as a member, not written into another message. */
  readonly isMember?: boolean;
}

const NOWHERE: Place = {};

/**
 * A node as it travels in the messages of others.
 * @param replyTo where rpc results of its tasks go
 * @source celery/canvas.py `Signature.freeze`; the maps are its own, with what it writes twice
 */
export function renderNode(node: CanvasNode, replyTo: string, place: Place = NOWHERE): SignatureMap {
  switch (node.kind) {
    case 'task': {
      const { map, id } = node;
      const options = { ...map.options, task_id: id, reply_to: map.options?.['reply_to'] ?? replyTo };
      return { ...map, options: placed(options, place) };
    }
    case 'chain': {
      const last = node.steps.length - 1;
      const tasks = node.steps.map((step, index) => renderNode(step, replyTo, index === last ? place : NOWHERE));
      return container('chain', { tasks }, { task_id: resultIdOf(lastStep(node)) });
    }
    case 'group':
      return renderGroup(node.id, node.members, place.chord ?? node.chord, replyTo, place);
    case 'chord': {
      const body = renderNode(node.body, replyTo, place); // its result is that of the whole
      const header = renderGroup(node.id, node.header, body, replyTo);
      return container('chord', { kwargs: {}, header, body }, { task_id: node.id });
    }
  }
}

/** Id by which its result is asked for. */
export function resultIdOf(node: CanvasNode): string {
  switch (node.kind) {
    case 'task':
    case 'group':
      return node.id;
    case 'chain':
      return resultIdOf(lastStep(node));
    case 'chord':
      return resultIdOf(node.body);
  }
}

function renderGroup(
  id: string,
  members: readonly Member[],
  chord: SignatureMap | undefined,
  replyTo: string,
  place: Place = NOWHERE,
): SignatureMap {
  const tasks = members.map(({ node, index }) => renderNode(node, replyTo, { groupIndex: index, chord }));
  const options = {
    task_id: id,
    ...(place.groupId !== undefined && { group_id: place.groupId }),
    ...(chord !== undefined && { chord }),
    root_id: null,
    parent_id: null,
  };
  return container('group', { tasks }, options);
}

function container(
  type: 'chain' | 'group' | 'chord',
  kwargs: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
): SignatureMap {
  return { task: `celery.${type}`, args: [], kwargs, options, subtask_type: type, immutable: false };
}

function placed(
  options: Readonly<Record<string, unknown>>,
  { groupId, groupIndex, chord, isMember }: Place,
): Readonly<Record<string, unknown>> {
  return {
    ...(groupId !== undefined && { group_id: groupId }),
    ...(chord !== undefined && { chord }),
    ...(groupIndex !== undefined && { group_index: groupIndex }),
    ...(isMember === true && chord !== undefined && { add_to_parent: false, root_id: null, parent_id: null }),
    ...options,
  };
}
