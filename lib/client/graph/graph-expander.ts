import type { SignatureMap } from '../../protocol/index.js';
import type { Lineage } from '../send-request.js';
import { requestOfSignature } from '../signature-request.js';
import { repeatsWhatFollows, type CanvasNode } from '../workflow/canvas-node.js';
import { composeWorkflow } from '../workflow/compose-workflow.js';
import { expandWorkflow, type Expansion, type ExpansionSetup } from '../workflow/expand-workflow.js';
import { COLLECTOR } from '../workflow/join-steps.js';
import { renderNode, type Place } from '../workflow/render-workflow.js';
import { linked } from '../workflow/workflow-options.js';
import { GRAPH_FAILED, GRAPH_NEXT, restAfter, type GraphEdge, type GraphRest, type GraphStep } from './graph-steps.js';

/**
 * Joins that follow one another, each written into the body of the one before; what comes later is written flat, as is a group that follows a group: each member
 * carries all that follows, which would multiply at every level.
 */
const MOST_NESTED = 8;

/** A step as it is sent: what follows it is its place in a join, or among its callbacks. */
interface Placed {
  readonly node: CanvasNode;
  readonly place: Place;
}

/** Makes the messages of a graph: of what it begins with, and of what comes after a task of it. */
export class GraphExpander {
  private readonly placed = new Map<string, Placed>();
  private readonly bodies = new Map<string, SignatureMap>();

  constructor(
    private readonly rest: GraphRest,
    private readonly setup: ExpansionSetup,
  ) {}

  /**
   * The messages of what comes next.
   * @param args what it is called with: the result of what came before
   */
  expand(args: readonly unknown[], lineage: Lineage | undefined): Expansion {
    const expansion: Expansion = { requests: [], chords: [] };
    for (const edge of this.rest.next) {
      const { join } = this.step(edge);
      if (join !== undefined) {
        const map = this.handOver(edge, join);
        expansion.requests.push(requestOfSignature(map, { prependArgs: args, lineage }, this.setup.nowMs));
        continue;
      }
      const { node, place } = this.place(edge.to, 0);
      const sent = { ...place, isMember: place.chord !== undefined && node.kind === 'chord' };
      const { requests, chords } = expandWorkflow(node, { prependArgs: args, lineage, place: sent }, this.setup);
      expansion.requests.push(...requests);
      expansion.chords.push(...chords);
    }
    return expansion;
  }

  /** What is called when all that a join waits for is there. */
  bodyOf(at: number, depth = 1): SignatureMap {
    const key = `${at}:${depth}`;
    let body = this.bodies.get(key);
    if (body === undefined) {
      const { node, place } = this.place(at, depth);
      const groupId = place.groupId ?? this.rest.steps[at]?.join;
      this.bodies.set(key, (body = renderNode(node, this.setup.replyTo, { ...place, groupId })));
    }
    return body;
  }

  private place(at: number, depth: number): Placed {
    const key = `${at}:${depth}`;
    let placed = this.placed.get(key);
    if (placed === undefined) this.placed.set(key, (placed = this.newPlace(at, depth)));
    return placed;
  }

  private newPlace(at: number, depth: number): Placed {
    const { run, next } = this.rest.steps[at] as GraphStep;
    const node = composeWorkflow(run);
    const [edge] = next;
    if (edge === undefined) return { node, place: {} };
    const { join } = this.step(edge);
    if (next.length === 1 && join !== undefined && depth < MOST_NESTED) {
      const isRepeated = repeatsWhatFollows(node);
      const below = isRepeated ? MOST_NESTED : depth + 1;
      if (!isRepeated || !repeatsWhatFollows(this.place(edge.to, below).node)) {
        return { node, place: { groupId: join, groupIndex: edge.index, chord: this.bodyOf(edge.to, below) } };
      }
    }
    const rest = restAfter(this.rest, next);
    const callbacks = [this.own(GRAPH_NEXT, rest)];
    return { node: linked(node, { callbacks }, [this.own(GRAPH_FAILED, rest)]), place: {} };
  }

  /** A task that returns what it is called with, and is a part of the join. */
  private handOver({ to, index, id }: GraphEdge, join: string): SignatureMap {
    return {
      task: COLLECTOR,
      kwargs: { index: 0 },
      options: { task_id: id, queue: this.rest.queue, group_id: join, group_index: index, chord: this.bodyOf(to) },
    };
  }

  private own(task: string, { steps, next, queue }: GraphRest): SignatureMap {
    const options = { queue, ignore_result: true };
    return { task, args: [], kwargs: { steps, next, queue }, options, subtask_type: null, immutable: false };
  }

  private step({ to }: GraphEdge): GraphStep {
    return this.rest.steps[to] as GraphStep;
  }
}
