import fc from 'fast-check';
import { chain, chord, group, Signature, signature, type AnySignature } from '../../../lib/canvas/index.js';

/** A workflow as it is written, with the names of its tasks in the order in which they stand. */
export interface Written {
  readonly made: Signature;
  readonly tasks: readonly string[];
}

let count = 0;

const task: fc.Arbitrary<Written> = fc
  .record({
    args: fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(null)), { maxLength: 2 }),
    queue: fc.option(fc.constantFrom('q1', 'q2'), { nil: undefined }),
    priority: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
    immutable: fc.boolean(),
    linked: fc.boolean(),
    handled: fc.boolean(),
  })
  .map(({ args, queue, priority, immutable, linked, handled }) => {
    const name = `t.${(count += 1)}`;
    let made = signature(name, args, { immutable, options: { ...(queue && { queue }), priority } });
    if (linked) made = made.link(signature('t.link'));
    if (handled) made = made.onError(signature('t.handler'));
    return { made, tasks: [name] };
  });

const arranged = (parts: readonly Written[], make: (of: readonly Signature[]) => AnySignature): Written => ({
  made: make(parts.map(({ made }) => made)) as Signature,
  tasks: parts.flatMap(({ tasks }) => tasks),
});

/** Workflows of any shape. */
export const workflows: fc.Arbitrary<Written> = fc.letrec<{ tree: Written }>((tie) => {
  const parts = fc.array(tie('tree'), { minLength: 1, maxLength: 4 });
  return {
    tree: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      task,
      parts.map((each) => arranged(each, (of) => chain(...of))),
      parts.map((each) => arranged(each, (of) => group(of))),
      fc
        .tuple(parts, tie('tree'))
        .map(([header, body]) => arranged([...header, body], (of) => chord(of.slice(0, -1), of.at(-1) as Signature))),
      fc.tuple(tie('tree'), tie('tree')).map((pair) => arranged(pair, ([one, two]) => one!.pipe(two as Signature))),
    ),
  };
}).tree;
