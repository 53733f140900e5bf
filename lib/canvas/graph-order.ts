import { InvalidSignatureError } from '../errors/index.js';

interface Ordered {
  readonly name: string;
  /** Names of nodes that are there. */
  readonly after: readonly string[];
}

/**
 * Nodes, each after all that it waits for.
 * @throws {InvalidSignatureError} naming the nodes that wait for one another
 */
export function inOrder<Node extends Ordered>(nodes: readonly Node[]): readonly Node[] {
  const waiting = new Map(nodes.map((node) => [node.name, new Set(node.after)]));
  const following = new Map<string, Node[]>(nodes.map(({ name }) => [name, []]));
  for (const node of nodes) for (const name of node.after) following.get(name)?.push(node);
  const ordered = nodes.filter(({ after }) => after.length === 0);
  for (const { name } of ordered) {
    waiting.delete(name);
    for (const next of following.get(name) ?? []) {
      const names = waiting.get(next.name);
      if (names?.delete(name) === true && names.size === 0) ordered.push(next); // is visited by this loop as well
    }
  }
  const [first] = waiting.keys();
  if (first === undefined) return ordered;
  const cycle = cycleFrom(first, waiting);
  throw new InvalidSignatureError(`nodes.${cycle[0]}.after`, 'free of cycles', cycle.join(' after '));
}

/** Each of those that are left waits for another of them, so that going on ends where it has been. */
function cycleFrom(first: string, waiting: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const path: string[] = [];
  const places = new Map<string, number>();
  for (let name: string | undefined = first; name !== undefined; [name] = waiting.get(name) ?? []) {
    const known = places.get(name);
    if (known !== undefined) return [...path.slice(known), name];
    places.set(name, path.push(name) - 1);
  }
  return path;
}
