import type { AnySignature, TaskGraph, TaskGraphNode } from '../../canvas/index.js';
import { newId, type SignatureMap } from '../../protocol/index.js';
import { repeatsWhatFollows, type CanvasNode } from '../workflow/canvas-node.js';
import { composeWorkflow } from '../workflow/compose-workflow.js';
import { collected, joined } from '../workflow/join-steps.js';
import { renderNode } from '../workflow/render-workflow.js';
import { tasksOf } from '../workflow/workflow-tasks.js';
import type { GraphEdge, GraphRest, GraphStep } from './graph-steps.js';

/** A graph whose tasks all have ids. */
export interface PlannedGraph {
  /** The whole of it, with what it begins with as what comes next. */
  readonly rest: GraphRest;
  /** The nodes in the order in which they were written; each has one result. */
  readonly nodes: readonly CanvasNode[];
  /** How many results each join waits for, by its step. */
  readonly sizes: ReadonlyMap<number, number>;
}

export interface PlanGraphSetup {
  readonly toMap: (signature: AnySignature) => SignatureMap;
  readonly replyTo: string;
  /** Whether a task is one of the application's own. */
  readonly isDeclared: (task: string) => boolean;
  readonly defaultQueue: string;
}

/** A node, and what waits for it. */
interface Knot {
  readonly node: TaskGraphNode;
  readonly canvas: CanvasNode;
  readonly next: { readonly knot: Knot; readonly index: number }[];
  /** Id of the group that it waits for. */
  readonly join: string | undefined;
  /** Whether what follows it can be written as a chain or a chord, as nothing in it leads to several. */
  isPlain: boolean;
  /** Whether what follows is written more than once, by it or by what comes before it in its step. */
  isRepeated: boolean;
}

/** Gives a graph its ids. Nodes that follow one another, and lead to no more than one other, are one step: a chain. */
export function planGraph(graph: TaskGraph, setup: PlanGraphSetup): PlannedGraph {
  const { nodes, ordered } = graph;
  const { toMap, replyTo } = setup;
  const knots = new Map<string, Knot>();
  for (const node of ordered) {
    const canvas = collected(composeWorkflow(toMap(node.run)));
    const join = node.takesList ? newId() : undefined;
    const knot: Knot = { node, canvas, next: [], join, isPlain: false, isRepeated: repeatsWhatFollows(canvas) };
    knots.set(node.name, knot);
    node.after.forEach((name, index) => knots.get(name)?.next.push({ knot, index }));
  }
  for (const { name } of ordered.toReversed()) {
    const knot = knots.get(name) as Knot;
    knot.isPlain = knot.next.length === 0 || (knot.next.length === 1 && knot.next.every(isPlainEnd));
  }
  const heads = headsOf(knots);
  const places = new Map(heads.map((knot, at) => [knot, at]));
  const steps = heads.map((knot) => stepOf(knot, places, replyTo));
  const first = [...places].filter(([{ node }]) => node.after.length === 0);
  return {
    rest: { steps, next: first.map(([, to]) => ({ to })), queue: graph.queue ?? queueOf([...knots.values()], setup) },
    nodes: nodes.map(({ name }) => (knots.get(name) as Knot).canvas),
    sizes: new Map(
      [...places].flatMap(([{ join, node }, at]) => (join === undefined ? [] : [[at, node.after.length]])),
    ),
  };
}

/** One that workers of the application that sends it take from: where all of its own tasks say another it is not the default one. */
function queueOf(knots: readonly Knot[], { isDeclared, defaultQueue }: PlanGraphSetup): string {
  const own = knots.flatMap(({ canvas }) => tasksOf(canvas)).filter(({ map }) => isDeclared(map.task));
  const queues = own.map(({ map }) => map.options?.['queue'] ?? defaultQueue);
  const [first] = queues;
  return typeof first !== 'string' || queues.includes(defaultQueue) ? defaultQueue : first;
}

function isPlainEnd({ knot }: Knot['next'][number]): boolean {
  return knot.join !== undefined || knot.isPlain;
}

/** Those with which steps begin. */
function headsOf(knots: ReadonlyMap<string, Knot>): readonly Knot[] {
  const heads: Knot[] = [];
  for (const knot of knots.values()) {
    const before = mergedWith(knot, knots);
    if (before === undefined) heads.push(knot);
    else knot.isRepeated ||= before.isRepeated;
  }
  return heads;
}

/** The node before it, where it is a further part of its step; not so a group that follows a group, as a chain of them doubles and more with each. */
function mergedWith({ node, join, isPlain, isRepeated }: Knot, knots: ReadonlyMap<string, Knot>): Knot | undefined {
  const [name] = node.after;
  if (join !== undefined || name === undefined || !isPlain) return undefined;
  const before = knots.get(name);
  return before?.next.length === 1 && !(before.isRepeated && isRepeated) ? before : undefined;
}

function stepOf(head: Knot, places: ReadonlyMap<Knot, number>, replyTo: string): GraphStep {
  const line = [head];
  let last = head;
  for (;;) {
    const [following, ...others] = last.next;
    if (following === undefined || others.length > 0 || places.has(following.knot)) break;
    line.push((last = following.knot));
  }
  const run = renderNode(joined(line.map(({ canvas }) => canvas)) as CanvasNode, replyTo);
  return {
    run,
    ...(head.join !== undefined && { join: head.join }),
    next: last.next.map(({ knot, index }): GraphEdge => {
      const to = places.get(knot) as number;
      return knot.join === undefined ? { to } : { to, index, id: newId() };
    }),
  };
}
