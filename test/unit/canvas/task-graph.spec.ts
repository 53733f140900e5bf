import { describe, expect, it } from 'vitest';
import { chain, graph, group, signature, TaskGraph, type GraphNode } from '../../../lib/canvas/index.js';
import { InvalidSignatureError } from '../../../lib/errors/index.js';

const [a, b, c] = [signature('t.a'), signature('t.b'), signature('t.c')];

const ask = (nodes: unknown): TaskGraph => graph(nodes as Record<string, GraphNode>);

describe('a graph', () => {
  it('keeps its nodes as they were written, and puts each after what it waits for', () => {
    const made = ask({ end: { after: ['left', 'right'], run: a }, left: { after: 'right', run: b }, right: c });

    expect(made.nodes).toEqual([
      { name: 'end', after: ['left', 'right'], takesList: true, run: a },
      { name: 'left', after: ['right'], takesList: false, run: b },
      { name: 'right', after: [], takesList: false, run: c },
    ]);
    expect(made.ordered.map(({ name }) => name)).toEqual(['right', 'left', 'end']);
  });

  it('can have names of any kind', () => {
    const made = ask(
      Object.fromEntries([
        ['__proto__', a],
        ['constructor', { after: '__proto__', run: b }],
      ]),
    );

    expect(made.ordered.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
  });

  it('can be as long as one likes', () => {
    const count = 20_000;
    const nodes = Array.from({ length: count }, (_none, at) => [
      `n${at}`,
      at === 0 ? a : { after: `n${at - 1}`, run: b },
    ]);

    expect(ask(Object.fromEntries(nodes)).ordered).toHaveLength(count);
  });

  it('is drawn with the names of its nodes', () => {
    const drawn = ask({ first: a, second: { after: ['first'], run: b } }).graph();

    expect(drawn.toMermaid()).toBe(
      ['flowchart TD', '  n0["first<br/>t.a"]', '  n1["second<br/>t.b"]', '  n0 --> n1', ''].join('\n'),
    );
    expect(drawn.toDot()).toContain('"first" -> "second";');
  });

  it.each<[string, unknown, string]>([
    ['no map', [a], 'Expected "nodes" of a signature to be a map of signatures by their names'],
    ['nothing', {}, '"nodes" of a signature to be a map of one signature or more'],
    ['a node that is none', { x: 5 }, 'Expected "nodes.x" of a signature to be a signature'],
    ['a node that runs nothing', { x: a, y: { after: 'x' } }, '"nodes.y.run" of a signature to be a signature'],
    [
      'a node that waits for a number',
      { x: { after: 5, run: a } },
      '"nodes.x.after" of a signature to be the name of a',
    ],
    [
      'a node that waits for an empty list',
      { x: { after: [], run: a } },
      '"nodes.x.after" of a signature to be left out',
    ],
    ['a node that does not say whether it waits', { x: { run: a } }, '"nodes.x.after"'],
    [
      'a name that no node has',
      { fetch: a, count: { after: 'fetsh', run: b } },
      'Expected "nodes.count.after" of a signature to be the name of a node of the graph (did you mean "fetch"?), got "fetsh"',
    ],
    [
      'a name twice',
      { x: a, y: { after: ['x', 'x'], run: b } },
      '"nodes.y.after" of a signature to be a list that names',
    ],
    [
      'a node that waits for itself',
      { x: { after: 'x', run: a } },
      '"nodes.x.after" of a signature to be free of cycles',
    ],
    [
      'a cycle',
      { start: a, x: { after: ['start', 'z'], run: a }, y: { after: 'x', run: b }, z: { after: 'y', run: c } },
      'to be free of cycles, got "x after z after y after x"',
    ],
    ['a graph as a node', { x: ask({ y: a }) }, 'a graph, or what is made of an iterable, is sent by apply() alone'],
  ])('is refused for %s', (_what, nodes, message) => {
    expect(() => ask(nodes)).toThrow(InvalidSignatureError);
    expect(() => ask(nodes)).toThrow(message);
  });

  it('is refused where a node says more than that, with what was meant', () => {
    const wrong = { x: a, y: { aftr: 'x', run: b } };

    expect(() => ask(wrong)).toThrow('"nodes.y.aftr"');
    expect(() => ask(wrong)).toThrow(/did you mean "(nodes\.y\.)?after"/i);
  });

  it('is no part of another workflow', () => {
    const made = ask({ x: a });

    expect(() => chain(signature('t.a'), made as never)).toThrow('"steps[1]"');
    expect(() => group(made as never)).toThrow('sent by apply() alone, got TaskGraph');
  });
});
