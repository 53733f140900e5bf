import type fc from 'fast-check';
import type { AsyncResult, TaskClient } from 'nest-task-queue';
import type { Signature } from '../../../lib/canvas/index.js';
import { evaluateGraph, graphOf, numberedGraph, type CanvasGraph } from './canvas-graph.js';
import { numbered, signatureOfTree, type CanvasTree } from './canvas-tree.js';
import { evaluate, type Evaluation } from './evaluate-tree.js';
import type { TreeEvent } from './tree-tasks.js';

/** What was seen of a workflow, or should have been. */
export interface Sighting {
  readonly value: Evaluation['value'];
  readonly ran: readonly number[];
  readonly told: readonly string[];
  /** Tasks and handlers that were called more often than they were sent, but for calls of messages that had been given back. */
  readonly sentTwice: readonly (number | string)[];
}

/** A random workflow under a name: what it comes to by hand, and how it is sent and waited for. */
export interface Playable {
  readonly name: string;
  readonly expected: Evaluation;
  play(client: TaskClient, timeout: string): Promise<Evaluation['value']>;
}

export function playableTree(tree: CanvasTree, name: string): Playable {
  const plan = numbered(tree, name);
  return {
    name,
    expected: evaluate(plan),
    async play(client, timeout) {
      const result = await client.apply(signatureOfTree(plan, name) as unknown as Signature<[], unknown>);
      const value = await (result as AsyncResult<unknown>).get({ timeout, propagate: false });
      return containsError(value) ? undefined : { of: value };
    },
  };
}

/** Its value are those of its nodes. */
export function playableGraph(made: CanvasGraph, name: string): Playable {
  const plan = numberedGraph(made, name);
  return {
    name,
    expected: evaluateGraph(plan),
    async play(client, timeout) {
      const result = await client.apply(graphOf(plan));
      const values = Object.values(await result.get({ timeout, propagate: false }));
      return { of: values.map((value) => (containsError(value) ? undefined : { of: value })) };
    },
  };
}

/** What should be seen: how often is left open, for what was given back is called again. */
export function expectedSighting({ value, ran, told }: Evaluation): Sighting {
  return { value, ran: [...new Set(ran)].toSorted(byValue), told: [...new Set(told)].toSorted(), sentTwice: [] };
}

export function sightingOf(
  value: Evaluation['value'],
  events: readonly TreeEvent[],
  { ran, told }: Evaluation,
): Sighting {
  const left = new Map<number | string, number>();
  for (const who of [...ran, ...told]) left.set(who, (left.get(who) ?? 0) + 1);
  const sentTwice = events.filter(({ who, redelivered }) => {
    if (redelivered) return false;
    left.set(who, (left.get(who) ?? 0) - 1);
    return (left.get(who) ?? 0) < 0;
  });
  const seen = new Set(events.map(({ who }) => who));
  return {
    value,
    ran: [...seen].filter((who) => typeof who === 'number').toSorted(byValue),
    told: [...seen].filter((who) => typeof who === 'string').toSorted(),
    sentTwice: sentTwice.map(({ who }) => who),
  };
}

/** How often each task ran and each handler was told. */
export function countsOf(events: readonly Pick<TreeEvent, 'who'>[]): Readonly<Record<string, number>> {
  return count(events.map(({ who }) => who));
}

/** How often they should have, where nothing is given back but by the tasks themselves. */
export function expectedCounts({ ran, givenBack, told }: Evaluation): Readonly<Record<string, number>> {
  return count([...ran, ...givenBack, ...told]);
}

function count(names: readonly (number | string)[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/**
 * Runs again what has failed: the seed and the path that fast-check names, as `TREE_SEED=… TREE_PATH=…`. Where the seed alone is given all of its run is repeated.
 */
export function replayed(): Pick<fc.Parameters, 'seed' | 'path'> {
  const { TREE_SEED: seed, TREE_PATH: path } = process.env;
  return { ...(seed !== undefined && { seed: Number(seed) }), ...(path !== undefined && { path }) };
}

function containsError(value: unknown): boolean {
  return value instanceof Error || (Array.isArray(value) && value.some(containsError));
}

const byValue = (a: number, b: number): number => a - b;
