import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chain, Signature } from '../../../lib/canvas/index.js';
import type { SignatureMap } from '../../../lib/protocol/index.js';
import { workflows } from './trees.js';

/** Names of the tasks in a map, in the order in which they stand, without what is linked. */
function tasksIn({ task, kwargs = {}, subtask_type: type }: SignatureMap): readonly string[] {
  const parts = [kwargs['tasks'], kwargs['header'], kwargs['body']].flatMap((each) => (each ?? []) as SignatureMap[]);
  return type === null || type === undefined ? [task] : parts.flatMap(tasksIn);
}

describe('any workflow', () => {
  it('is the same after it was a message', () => {
    fc.assert(
      fc.property(workflows, ({ made }) => {
        const map = made.toMap();
        const read = Signature.fromMap(JSON.parse(JSON.stringify(map)) as SignatureMap);

        expect(read.toMap()).toEqual(map);
        expect([read.kind, read.yieldsGroup]).toEqual([made.kind, made.yieldsGroup]);
      }),
    );
  });

  it('has the tasks that it was made of, in their order', () => {
    fc.assert(
      fc.property(workflows, ({ made, tasks }) => {
        expect(tasksIn(made.toMap())).toEqual(tasks);
      }),
    );
  });

  it('is the same as a part of a chain of its own, also when it comes from a message', () => {
    fc.assert(
      fc.property(workflows, ({ made }) => {
        const once = chain(made);

        expect(chain(once).toMap()).toEqual(once.toMap());
        expect(chain(Signature.fromMap(once.toMap())).toMap()).toEqual(once.toMap());
      }),
    );
  });

  it('has every task in its graph, and nothing that leads back', () => {
    fc.assert(
      fc.property(workflows, ({ made, tasks }) => {
        const { nodes, edges } = made.graph();
        const drawn = nodes.map(({ task }) => task).filter((task) => /^t\.\d/.test(task));

        expect(drawn).toEqual(tasks);
        const below = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
        for (const { from, to } of edges) below.get(from)?.push(to);
        const visit = (id: string, above: ReadonlySet<string>): boolean =>
          !above.has(id) && below.get(id)!.every((next) => visit(next, new Set([...above, id])));
        expect(nodes.length > 12 || nodes.every(({ id }) => visit(id, new Set()))).toBe(true);
      }),
    );
  });
});
