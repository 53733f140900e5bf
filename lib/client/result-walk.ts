import type { Clock } from '../time/index.js';
import { parseDuration } from '../time/index.js';
import type { GetOptions } from './get-options.js';

/** A result as a walk over the tree of results needs it. */
interface Walked<Node> {
  readonly id: string;
  get(options: GetOptions): Promise<unknown>;
  children(): Promise<readonly Node[]>;
}

/** Results whose children are asked for together, in one step of the store. */
const PAGE = 1_000;

/** A result and all that is known below it, each with the one it was found by, level by level. Each once: a task that was retried is its own child. */
export async function* walk<Node extends Walked<Node>>(
  root: Node,
): AsyncGenerator<readonly [parent: Node | undefined, node: Node], void, undefined> {
  const known = new Set([root.id]);
  let level: (readonly [Node | undefined, Node])[] = [[undefined, root]];
  while (level.length > 0) {
    const below: (readonly [Node, Node])[] = [];
    for (let start = 0; start < level.length; start += PAGE) {
      const page = level.slice(start, start + PAGE);
      const children = await Promise.all(page.map(([, node]) => node.children()));
      for (const [index, entry] of page.entries()) {
        yield entry;
        for (const child of children[index] ?? []) {
          if (known.has(child.id)) continue;
          known.add(child.id);
          below.push([entry[1], child]);
        }
      }
    }
    level = below;
  }
}

/** Waits for a result, then for all that it sent, and so on, level by level. */
export async function* collect<Node extends Walked<Node>>(
  root: Node,
  options: GetOptions,
  clock: Clock,
): AsyncGenerator<readonly [result: Node, value: unknown], void, undefined> {
  const until =
    options.timeout === undefined ? undefined : clock.monotonic() + parseDuration(options.timeout, 'get.timeout');
  const known = new Set([root.id]);
  let level: Node[] = [root];
  while (level.length > 0) {
    const below: Node[] = [];
    for (const [index, node] of level.entries()) {
      if (index % PAGE === 0) await readAhead(level.slice(index, index + PAGE));
      const rest = until === undefined ? options : { ...options, timeout: Math.max(0, until - clock.monotonic()) };
      yield [node, await node.get(rest)];
      for (const child of await node.children()) {
        if (known.has(child.id)) continue;
        known.add(child.id);
        below.push(child);
      }
    }
    level = below;
  }
}

/** What has ended is read in one step, and remembered by its result. What cannot be read is told by `get()`. */
async function readAhead<Node extends Walked<Node>>(page: readonly Node[]): Promise<void> {
  if (page.length > 1) await Promise.allSettled(page.map((node) => node.children()));
}
