import { InvalidSignatureError } from '../../errors/index.js';
import { parseSignature, type SignatureMap } from '../../protocol/index.js';

/** Ours alone: sends what comes after a task of a graph, with its result. Where this library runs the task, its settlement does so. */
export const GRAPH_NEXT = 'celery.graph_next';
/** Ours alone: told of a task of a graph that failed, tells those that would have come after it. */
export const GRAPH_FAILED = 'celery.graph_failed';
/** Ours alone: a part of a join that failed before it could begin. */
export const GRAPH_PART = 'celery.graph_part';

/** Tasks of a graph that run one after the other, and what comes after the last of them. */
export interface GraphStep {
  /** With all its ids. */
  readonly run: SignatureMap;
  /** Id of the group of results that it waits for; `undefined` where it takes one result, or none. */
  readonly join?: string | undefined;
  readonly next: readonly GraphEdge[];
}

export interface GraphEdge {
  /** Index of a step. */
  readonly to: number;
  /** Place among what a join waits for. */
  readonly index?: number | undefined;
  /** Of the task that hands the result to a join, where the one that made it cannot. */
  readonly id?: string | undefined;
}

/** What is left of a graph after some of its tasks: flat, so that what several of them lead to is written once. */
export interface GraphRest {
  readonly steps: readonly GraphStep[];
  readonly next: readonly GraphEdge[];
  /** Of the tasks that belong to the graph itself, also where others send them. */
  readonly queue: string;
}

/** What is left after one of the steps. */
export function restAfter({ steps, queue }: GraphRest, next: readonly GraphEdge[]): GraphRest {
  const reached = new Set<number>();
  const stack = [...next];
  for (let edge = stack.pop(); edge !== undefined; edge = stack.pop()) {
    const step = steps[edge.to];
    if (step === undefined || reached.has(edge.to)) continue;
    reached.add(edge.to);
    stack.push(...step.next);
  }
  const kept = [...reached].toSorted((one, other) => one - other);
  const places = new Map(kept.map((at, index) => [at, index]));
  const moved = (edges: readonly GraphEdge[]): readonly GraphEdge[] =>
    edges.map((edge) => ({ ...edge, to: places.get(edge.to) as number }));
  return { steps: kept.map((at) => withNext(steps[at] as GraphStep, moved)), next: moved(next), queue };
}

function withNext(step: GraphStep, moved: (edges: readonly GraphEdge[]) => readonly GraphEdge[]): GraphStep {
  return { ...step, next: moved(step.next) };
}

/**
 * What the keyword arguments of one of the graph's own tasks say.
 * @throws {InvalidSignatureError} naming what cannot be read
 */
export function parseGraphRest(kwargs: Readonly<Record<string, unknown>>): GraphRest {
  const { steps, next, queue } = kwargs;
  if (typeof queue !== 'string') throw new InvalidSignatureError('kwargs.queue', 'the name of a queue', queue);
  if (!Array.isArray(steps)) throw new InvalidSignatureError('kwargs.steps', 'a list of steps of a graph', steps);
  return {
    steps: steps.map((step, index) => parseStep(step, steps.length, `kwargs.steps[${index}]`)),
    next: parseEdges(next, steps.length, 'kwargs.next'),
    queue,
  };
}

function parseStep(value: unknown, count: number, place: string): GraphStep {
  const { run, join = undefined, next } = mapAt(value, place);
  if (join !== undefined && typeof join !== 'string') {
    throw new InvalidSignatureError(`${place}.join`, 'the id of a group', join);
  }
  return { run: parseSignature(run, `${place}.run`), join, next: parseEdges(next, count, `${place}.next`) };
}

function parseEdges(value: unknown, count: number, place: string): readonly GraphEdge[] {
  if (!Array.isArray(value)) throw new InvalidSignatureError(place, 'a list of what comes next', value);
  return value.map((edge, at): GraphEdge => {
    const { to, index, id } = mapAt(edge, `${place}[${at}]`);
    if (typeof to !== 'number' || !Number.isInteger(to) || to < 0 || to >= count) {
      throw new InvalidSignatureError(`${place}[${at}].to`, `the index of one of ${count} steps`, to);
    }
    return {
      to,
      index: typeof index === 'number' ? index : undefined,
      id: typeof id === 'string' ? id : undefined,
    };
  });
}

function mapAt(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InvalidSignatureError(place, 'a map', value);
}
