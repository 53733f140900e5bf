import { describe, expect, it } from 'vitest';
import {
  chain,
  chord,
  chunks,
  group,
  map,
  Signature,
  signature,
  type AnySignature,
} from '../../../lib/canvas/index.js';

const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => signature(name)) as [
  Signature,
  Signature,
  Signature,
  Signature,
  Signature,
];

/** Arrows by the names of tasks; `*` is a join. */
function arrowsOf(made: AnySignature): readonly string[] {
  const { nodes, edges } = made.graph();
  const names = new Map(nodes.map(({ id, kind, task }) => [id, kind === 'join' ? '*' : task]));
  const signs = { next: '>', callback: '+>', error: '!>' };
  return edges.map(({ from, to, kind }) => `${names.get(from)} ${signs[kind]} ${names.get(to)}`);
}

describe('Signature.graph', () => {
  it.each<[string, AnySignature, string[]]>([
    ['a task', a, []],
    ['a chain', chain(a, b, c), ['a > b', 'b > c']],
    ['a group', group(a, b), []],
    ['a group in a chain', chain(a, group(b, c)), ['a > b', 'a > c']],
    ['a chord', chord([a, chain(b, c)], d), ['b > c', 'a > d', 'c > d']],
    ['a chord with a group for a body', chord([a, b], group(c, d)), ['a > *', 'b > *', '* > c', '* > d']],
    ['links', chain(a, b.link(c)).link(d), ['b +> c', 'a > b', 'b +> d']],
    ['error handlers', chain(a, b).onError(e), ['a > b', 'a !> e', 'b !> e']],
    ['an empty group from elsewhere', Signature.fromMap(withEmptyGroup()), ['a > c']],
  ])('draws %s', (_what, made, arrows) => {
    expect(arrowsOf(made)).toEqual(arrows);
  });

  it('names what a mapping calls', () => {
    const tasks = group(map(a, [1, 2]), chunks(b, [[1]], 1))
      .graph()
      .nodes.map(({ task }) => task);

    expect(tasks).toEqual(['map of a, 2 items', 'starmap of b, 1 items']);
  });

  it('is text for Graphviz', () => {
    const text = chord([a, b], group(c, d.onError(e)))
      .graph()
      .toDot();

    expect(text.split('\n')).toEqual([
      'digraph workflow {',
      '  node [shape=box, style=filled];',
      '  "1" [label="a", fillcolor="#ffffff"];',
      '  "2" [label="b", fillcolor="#ffffff"];',
      '  "3" [label="c", fillcolor="#ffffff"];',
      '  "4" [label="d", fillcolor="#ffffff"];',
      '  "5" [label="e", fillcolor="#ffffff"];',
      '  "6" [label="join", fillcolor="#ffffff", shape=ellipse];',
      '  "4" -> "5" [style=dashed, label="error"];',
      '  "1" -> "6";',
      '  "2" -> "6";',
      '  "6" -> "3";',
      '  "6" -> "4";',
      '}',
      '',
    ]);
  });

  it('is text for Mermaid, whatever tasks are called', () => {
    const text = signature('say "hi" <b>').link(b).graph().toMermaid();

    expect(text.split('\n')).toEqual([
      'flowchart TD',
      '  n0["say #34;hi#34; #60;b#62;"]',
      '  n1["b"]',
      '  n0 -->|"callback"| n1',
      '',
    ]);
  });
});

function withEmptyGroup() {
  return { ...chain(a, c).toMap(), kwargs: { tasks: [a.toMap(), group([]).toMap(), c.toMap()] } };
}
