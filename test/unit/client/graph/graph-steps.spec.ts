import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGraphRest, restAfter, type GraphRest } from '../../../../lib/client/graph/graph-steps.js';
import { InvalidSignatureError } from '../../../../lib/errors/index.js';

const run = (name: string) => ({ task: name, args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false });

const REST: GraphRest = {
  queue: 'nest',
  steps: [
    { run: run('a'), next: [{ to: 2, index: 0, id: 'e1' }] },
    { run: run('b'), next: [{ to: 2, index: 1, id: 'e2' }, { to: 3 }] },
    { run: run('c'), join: 'group', next: [] },
    { run: run('d'), next: [] },
  ],
  next: [{ to: 0 }, { to: 1 }],
};

describe('what is left of a graph', () => {
  it('is what can be reached, each step once', () => {
    expect(restAfter(REST, [{ to: 1 }])).toEqual({
      queue: 'nest',
      steps: [
        { run: run('b'), next: [{ to: 1, index: 1, id: 'e2' }, { to: 2 }] },
        { run: run('c'), join: 'group', next: [] },
        { run: run('d'), next: [] },
      ],
      next: [{ to: 0 }],
    });
    expect(restAfter(REST, [])).toEqual({ queue: 'nest', steps: [], next: [] });
  });

  it('is read as it was written', () => {
    expect(parseGraphRest(JSON.parse(JSON.stringify(REST)) as Record<string, unknown>)).toEqual(REST);
  });

  it.each<[string, unknown, string]>([
    ['no steps', { ...REST, steps: 5 }, '"kwargs.steps" of a signature to be a list of steps of a graph'],
    ['a step that is none', { ...REST, steps: [5] }, '"kwargs.steps[0]" of a signature to be a map'],
    [
      'a join without an id',
      { ...REST, steps: [{ run: run('a'), join: 5, next: [] }], next: [] },
      '"kwargs.steps[0].join"',
    ],
    ['what comes next that is no list', { ...REST, next: {} }, '"kwargs.next" of a signature to be a list'],
    ['an edge that is none', { ...REST, next: [null] }, '"kwargs.next[0]" of a signature to be a map'],
    [
      'an edge to nowhere',
      { ...REST, next: [{ to: 4 }] },
      '"kwargs.next[0].to" of a signature to be the index of one of 4',
    ],
    ['no queue', { ...REST, queue: undefined }, '"kwargs.queue" of a signature to be the name of a queue'],
  ])('is refused with %s', (_what, kwargs, message) => {
    expect(() => parseGraphRest(kwargs as Record<string, unknown>)).toThrow(InvalidSignatureError);
    expect(() => parseGraphRest(kwargs as Record<string, unknown>)).toThrow(message);
  });

  it('is read or refused, whatever it is', () => {
    const anything = fc.oneof(
      fc.jsonValue().map((value) => ({ steps: value, next: value, queue: 'q' })),
      fc.record({
        steps: fc.array(fc.record({ run: fc.constant(run('a')), join: fc.jsonValue(), next: fc.jsonValue() })),
        next: fc.array(fc.record({ to: fc.integer(), index: fc.jsonValue(), id: fc.jsonValue() })),
        queue: fc.constant('q'),
      }),
    );
    fc.assert(
      fc.property(anything, (kwargs) => {
        try {
          const rest = parseGraphRest(kwargs);
          restAfter(rest, rest.next);
        } catch (error) {
          expect(error).toHaveProperty('code', expect.stringMatching(/^TQ_INVALID_/));
        }
      }),
    );
  });
});
