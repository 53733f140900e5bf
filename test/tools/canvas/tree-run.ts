import type { AsyncResult, TaskClient } from 'nest-task-queue';
import type { Signature, TaskGraph } from '../../../lib/canvas/index.js';
import { signatureOfTree, type NumberedTree } from './canvas-tree.js';
import type { Evaluation } from './evaluate-tree.js';
import type { TreeEvent } from './tree-tasks.js';

/** What was seen of a workflow, or should have been. */
export interface Sighting {
  readonly value: Evaluation['value'];
  readonly ran: readonly number[];
  readonly told: readonly string[];
  /** Tasks and handlers that were called more often than they were sent, but for calls of messages that had been given back. */
  readonly sentTwice: readonly (number | string)[];
}

/** Sends a workflow and waits for what it comes to. */
export async function outcomeOf(
  client: TaskClient,
  plan: NumberedTree,
  name: string,
  timeout: string,
): Promise<Evaluation['value']> {
  const result = await client.apply(signatureOfTree(plan, name) as unknown as Signature<[], unknown>);
  const value = await (result as AsyncResult<unknown>).get({ timeout, propagate: false });
  return containsError(value) ? undefined : { of: value };
}

/** The same of a graph, whose value are those of its nodes. */
export async function outcomeOfGraph(
  client: TaskClient,
  graph: TaskGraph,
  timeout: string,
): Promise<Evaluation['value']> {
  const result = await client.apply(graph);
  const values = Object.values(await result.get({ timeout, propagate: false }));
  return { of: values.map((value) => (containsError(value) ? undefined : { of: value })) };
}

/** What should be seen: how often is left open, for what was given back is called again. */
export function expectedSighting({ value, ran, told }: Evaluation): Sighting {
  return { value, ran: ran.toSorted(byValue), told: [...new Set(told)].toSorted(), sentTwice: [] };
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

function containsError(value: unknown): boolean {
  return value instanceof Error || (Array.isArray(value) && value.some(containsError));
}

const byValue = (a: number, b: number): number => a - b;
