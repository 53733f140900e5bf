import { describe, expect, it } from 'vitest';
import { chain, chord, group, GroupSignature, Signature, signature, signaturesOf } from '../../../lib/canvas/index.js';
import { InvalidSignatureError } from '../../../lib/errors/index.js';
import type { SignatureMap } from '../../../lib/protocol/index.js';
import { readVector } from '../../fixtures/wire/vectors.js';
import { shapeOf } from './shape.js';

const add = signaturesOf<[a: number, b: number], number>('wiretasks.add');
const mul = signaturesOf<[a: number, b: number], number>('wiretasks.mul');
const xsum = signaturesOf<[values: readonly number[]], number>('wiretasks.xsum');

const [a, b, c, d, e, f] = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => signature(`t.${name}`)) as [
  Signature,
  Signature,
  Signature,
  Signature,
  Signature,
  Signature,
];

function vector(name: string): SignatureMap {
  return readVector('signatures', name)['dict'] as SignatureMap;
}

describe('chain, group and chord, as Celery writes them', () => {
  it.each([
    ['chain', chain(add.s(2, 2), mul.s(4), mul.s(8))],
    ['chain_of_one', chain(add.s(2, 2))],
    ['group', group(add.s(1, 1), add.s(2, 2))],
    ['chord', chord([add.s(1, 1), add.s(2, 2)], xsum.s())],
    ['chain_with_group_upgrades_to_chord', chain(add.s(1, 1), group(mul.s(2), mul.s(3)), xsum.s())],
    ['chain_ending_in_group', chain(add.s(1, 1), group(mul.s(2), mul.s(3)))],
    ['nested_group', group(group(add.s(1, 1), add.s(2, 2)), add.s(3, 3))],
  ])('make the map of vector "%s"', (name, made) => {
    expect(made.toMap()).toEqual(vector(name));
  });

  // Python's `shape` of the same expressions, by Celery 5.7.0.
  it.each([
    ['chain(a, b, c, d)', chain(a, chain(b, c), d)],
    ['chain(a, b, c, d)', chain(chain(a, chain(b, c)), d)],
    ['chord([a, b], c)', chain(group(a, b), c)],
    ['chord([a, b], chain(c, d))', chain(group(a, b), c, d)],
    ['chord([a, b], chain(c, d))', chain(group(a, b), chain(c, d))],
    ['chord([a, b], group(c, d))', chain(group(a, b), group(c, d))],
    ['chord([a, b], chord([c, d], e))', chain(group(a, b), group(c, d), e)],
    ['chain(a, group(b, c), group(d, e))', chain(a, group(b, c), group(d, e))],
    ['chain(a, group(b, c), chord([d, e], f))', chain(a, group(b, c), group(d, e), f)],
    ['chain(a, chord([b, c], chain(d, e)))', chain(a, group(b, c), d, e)],
    ['chain(a, chord([b, c], chain(d, group(e, f))))', chain(a, group(b, c), d, group(e, f))],
    ['chain(a, chord([b, c], chain(d, chord([e, f], a))))', chain(a, group(b, c), d, group(e, f), a)],
    ['chain(a, chord([b, c], chain(d, e)))', chain(a, group(b, c), chain(d, e))],
    ['chain(a, chord([b, c], d))', chain(a, chord(group(b, c), d))],
    ['chain(a, chord([b, c], chain(d, e)))', chain(a, chord(group(b, c), d), e)],
    ['chain(a, chord([b, c], d), chord([e, f], a))', chain(a, chord(group(b, c), d), chord(group(e, f), a))],
    [
      'chain(a, chord([b, c], d), chord([e, f], chain(a, b)))',
      chain(a, chord(group(b, c), d), chord(group(e, f), a), b),
    ],
    ['chain(chord([a, b], c), chord([d, e], f))', chain(chord(group(a, b), c), chord(group(d, e), f))],
    ['chain(chord([a, b], chain(c, group(d, e))))', chain(chord(group(a, b), c), group(d, e))],
    ['chord([a, b], chord([c, d], e))', chain(group(a, b), chord(group(c, d), e))],
    ['chord([a, b], chain(c, chord([d, e], f)))', chain(group(a, b), c, chord(group(d, e), f))],
    ['chain(a, chord([b, c], chord([d, e], f)))', chain(a, group(b, c), chord(group(d, e), f))],
    ['chord([a, b], chain(c, d))', chord([a, b], chain(c, d))],
    ['chord([a, b], group(c, d))', chord([a, b], group(c, d))],
    ['chord([chain(a, b), group(c, d), chord([e, f], a)], b)', chord([chain(a, b), group(c, d), chord([e, f], a)], b)],
    ['group(chain(a, b), chain(c, group(d, e)), group(a, b))', group(chain(a, b), chain(c, group(d, e)), group(a, b))],
    ['chain(a, b, c+d, e)', chain(a, chain(b, c).link(d), e)],
    ['chain(a, b!d, c!d, e)', chain(a, chain(b, c).onError(d), e)],
    ['chain(a, b!f, chord([c, d], chain(e!f, a)))', chain(a, chain(b, chord([c, d], e)).onError(f), a)],
    ['chain(a, b, chord([c, d], chain(e+f, a)))', chain(a, chain(b, chord([c, d], e)).link(f), a)],
    ['chain(a!d, chord([b!d, c!d], e))', chain(chain(a, group(b, c)).onError(d), e)],
  ])('%s', (shape, made) => {
    expect(shapeOf(made.toMap())).toBe(shape);
  });
});

describe('Signature.pipe, as Celery writes "|"', () => {
  it.each([
    ['chain(a, b)', a.pipe(b)],
    ['chain(a, b, c)', a.pipe(chain(b, c))],
    ['chain(a, group(b, c))', a.pipe(group(b, c))],
    ['chain(a, chord([b, c], d))', a.pipe(chord([b, c], d))],
    ['chord([a, b], c)', group(a, b).pipe(c)],
    ['chord([a, b], chain(c, d))', group(a, b).pipe(chain(c, d))],
    ['chord([a, b], group(c, d))', group(a, b).pipe(group(c, d))],
    ['chord([a, b], chord([c, d], e))', group(a, b).pipe(chord([c, d], e))],
    ['chord([a, b], chain(c, d))', group(a, b).pipe(c).pipe(d)],
    ['chord([a, b], chord([c, d], e))', group(a, b).pipe(group(c, d)).pipe(e)],
    ['chain(a, b, c)', chain(a, b).pipe(c)],
    ['chain(a, b, c, d)', chain(a, b).pipe(chain(c, d))],
    ['chain(a, chord([b, c], d))', chain(a, group(b, c)).pipe(d)],
    ['chain(a, chord([b, c], chain(d, e)))', chain(a, group(b, c)).pipe(chain(d, e))],
    ['chain(a, group(b, c), group(d, e))', chain(a, group(b, c)).pipe(group(d, e))],
    ['chord([a, b], chain(c, d))', chord([a, b], c).pipe(d)],
    ['chain(chord([a, b], c), d, e)', chord([a, b], c).pipe(chain(d, e))],
    ['chain(chord([a, b], c), group(d, e))', chord([a, b], c).pipe(group(d, e))],
    ['chain(chord([a, b], chain(c, chord([d, e], f))))', chord([a, b], c).pipe(group(d, e)).pipe(f)],
    ['chain(chord([a, b], c), d, e, f)', chord([a, b], c).pipe(chain(d, e)).pipe(f)],
    ['chord([a, b], chain(c, chord([d, e], f)))', chord([a, b], c).pipe(chord([d, e], f))],
    ['chord([a, b], chord([c, d], e))', chord([a, b], group(c, d)).pipe(e)],
    ['chain(a, chord([b, c], chain(d, group(e, f))))', a.pipe(group(b, c)).pipe(d).pipe(group(e, f))],
  ])('%s', (shape, made) => {
    expect(shapeOf(made.toMap())).toBe(shape);
  });
});

describe('a composition', () => {
  it('keeps a group of one, whose result is a list, where Celery takes it apart', () => {
    expect(shapeOf(chain(group(a), b).toMap())).toBe('chord([a], b)');
    expect(shapeOf(chain(a, group(b)).toMap())).toBe('chain(a, group(b))');
  });

  it('takes a group as an array', () => {
    expect(group([a, b]).toMap()).toEqual(group(a, b).toMap());
    expect(group([]).toMap().kwargs).toEqual({ tasks: [] });
  });

  it('says whether it ends in a group', () => {
    const ending = [group(a), chain(a, group(b, c)), chord([a, b], group(c)), a.pipe(chain(b, group(c)))];
    const others = [a, chain(a, b), chain(group(a), b), chord([a, group(b)], c)];

    expect(ending.map((each) => [each.yieldsGroup, each instanceof GroupSignature])).toEqual(
      ending.map(() => [true, true]),
    );
    expect(others.map((each) => [each.yieldsGroup, each instanceof GroupSignature])).toEqual(
      others.map(() => [false, false]),
    );
    expect([a, chain(a), group(a), chord([a], b)].map(({ kind }) => kind)).toEqual(['task', 'chain', 'group', 'chord']);
  });

  it('never changes', () => {
    const inner = chain(a, b);
    const before = JSON.stringify(inner);

    chain(inner, c).link(d).onError(e).set({ queue: 'q' }).clone([1]);
    inner.link(d).onError(e).set({ queue: 'q' }).setImmutable(true).clone([1]);

    expect(JSON.stringify(inner)).toBe(before);
  });

  it('translates the priorities of all in it', () => {
    const urgent = a.set({ priority: 9 });
    const made = chain(urgent, group(urgent, b), chord([urgent], urgent.link(urgent))).set({ priority: 8 });
    const written = JSON.stringify(made.toMap((priority) => priority + 100));

    expect(written.match(/"priority":109/g)).toHaveLength(5);
    expect(written.match(/"priority":108/g)).toHaveLength(1);
  });
});

describe('a chain that becomes part of another', () => {
  it('leaves its options to its first step, and its id to its last', () => {
    const inner = chain(a, b).set({ queue: 'q', countdown: '5s', priority: 3, taskId: 'id' });

    const { kwargs } = chain(c, inner, d).toMap();

    expect(kwargs?.['tasks']).toMatchObject([
      { options: {} },
      { options: { queue: 'q', countdown: 5, priority: 3 } },
      { options: { task_id: 'id' } },
      { options: {} },
    ]);
  });

  it('takes no result where it was made immutable', () => {
    expect(shapeOf(chain(a, chain(b, c).setImmutable(true)).toMap())).toBe('chain(a, b#, c)');
  });

  it('tells of a group in its middle by what follows it, not by each member', () => {
    const [a, b, c, d, told] = ['a', 'b', 'c', 'd', 'told'].map((name) => signature(name));
    const inner = chain(a!, group([b!]), group([c!])).linkError(told!);

    const [first, header, rest] = (chain(inner, d!).toMap().kwargs as { readonly tasks: SignatureMap[] }).tasks;
    const toldBy = (map: SignatureMap | undefined) => map?.options?.['link_error'] !== undefined;

    expect([first, ...(header!.kwargs!['tasks'] as SignatureMap[])].map(toldBy)).toEqual([true, false]);
    expect((rest!.kwargs!['header'] as SignatureMap[]).map(toldBy)).toEqual([true]);
  });

  it('tells so also of a group that ends the body of a chord in its middle', () => {
    const [a, b, c, d, e, told] = ['a', 'b', 'c', 'd', 'e', 'told'].map((name) => signature(name));
    const inner = chain(chord([a!], b!), group([c!]), chord([d!], e!)).linkError(told!);

    expect(shapeOf(chain(inner, chord([a!], b!)).toMap())).toBe(
      'chain(chord([a], chain(b!told, group(c))), chord([d], e!told), chord([a], b))',
    );
  });
});

describe('a group that becomes a header', () => {
  it('leaves its options to its members, and its id to the header', () => {
    const { kwargs } = chain(group(a, b).set({ queue: 'q', taskId: 'id' }), c).toMap();

    expect(kwargs?.['header']).toMatchObject({
      subtask_type: 'group',
      options: { task_id: 'id' },
      kwargs: { tasks: [{ options: { queue: 'q' } }, { options: { queue: 'q' } }] },
    });
  });
});

describe('a chord that is followed', () => {
  it('leaves its id to the body that it had', () => {
    const { kwargs, options } = chord([a], b).set({ taskId: 'id', queue: 'q' }).pipe(c).toMap();

    expect(options).toEqual({ queue: 'q' });
    expect(kwargs?.['body']).toMatchObject({ kwargs: { tasks: [{ options: { task_id: 'id' } }, { options: {} }] } });
  });
});

describe('calling a composition with more', () => {
  it.each([
    ['a chain: its first step', chain(a, b), 'chain(a(1, k=2), b)'],
    ['a group: every member', group(a, chain(b, c)), 'group(a(1, k=2), chain(b(1, k=2), c))'],
    ['a chord: its header', chord([a, b], c), 'chord([a(1, k=2), b(1, k=2)], c)'],
    ['one that is immutable: none', group(a.setImmutable(true), b), 'group(a#, b(1, k=2))'],
  ])('gives it to %s', (_to, made, expected) => {
    expect(shapeOf(made.clone([1], { k: 2 }).toMap())).toBe(expected);
  });
});

describe('setImmutable', () => {
  it.each([
    ['chain(a#, b)', chain(a, b)],
    ['group(a#, chain(b#, c))', group(a, chain(b, c))],
    ['chord([a#, group(b#, c#)], d)', chord([a, group(b, c)], d)],
  ])('makes of what would be called with more: %s', (shape, made) => {
    expect(shapeOf(made.setImmutable(true).toMap())).toBe(shape);
  });
});

describe('links', () => {
  it.each([
    ['chain(a, b)+c', chain(a, b).link(c)],
    ['chord([a, b], c+d)', chord([a, b], c).link(d)],
    ['chord([a, b], chain(c, d)+e)', chord([a, b], chain(c, d)).link(e)],
    ['chain(a, b)!c', chain(a, b).linkError(c)],
    ['chord([a, b], c!d)', chord([a, b], c).linkError(d)],
    ['chord([a, b], chain(c, d)!e)', chord([a, b], chain(c, d)).onError(e)],
    ['chord([a, b], group(c!e, d!e))', chord([a, b], group(c, d)).onError(e)],
    ['group(a!d, chain(b, c)!d)', group(a, chain(b, c)).linkError(d)],
    ['chain(a, group(b, c))!d', chain(a, group(b, c)).linkError(d)],
    ['chord([a!d, chain(b, e)!d], c)', chord([a, chain(b, e)], c).onMemberError(d)],
    ['group(a!d, b!d)', group(a, b).onMemberError(d)],
  ])('%s', (shape, made) => {
    expect(shapeOf(made.toMap())).toBe(shape);
  });

  it('cannot follow a group, which has no one result', () => {
    const linked = (): unknown => (group(a, b) as Signature).link(c);

    expect(linked).toThrow(InvalidSignatureError);
    expect(linked).toThrow('Expected "link" of a signature to be left out for what ends in a group');
    expect(() => (chord([a], group(b)) as Signature).link(c)).toThrow(InvalidSignatureError);
  });

  it('for errors of members need members', () => {
    expect(() => chain(a, b).onMemberError(c)).toThrow('a chain has onError()');
  });
});

describe('what is no workflow', () => {
  const deep = (levels: number): Signature =>
    Array.from({ length: levels }).reduce<Signature>((inner) => group(inner) as Signature, a);

  it.each<[string, () => unknown, string]>([
    ['an empty chain', () => chain(), 'Expected "steps" of a signature to be one signature or more'],
    ['an empty header', () => chord([], a), 'Expected "header" of a signature to be a group, or an array, of one'],
    ['a header of empty groups', () => chord([group([]), group(group([]))], a), 'Expected "header"'],
    [
      'an empty group as a step',
      () => chain(a, group([]), b),
      'Expected "steps[1]" of a signature to be a group of one',
    ],
    ['an empty group as the first step', () => chain(group([]), b), 'Expected "steps[0]"'],
    ['an empty group as a body', () => chord([a], group([])), 'Expected "body"'],
    ['an empty group that is followed', () => group([]).pipe(a as never), 'Expected "header"'],
    [
      'a step that is none',
      () => chain(a, 5 as never),
      'Expected "steps[1]" of a signature to be a signature, such as',
    ],
    ['a member that is none', () => group([a, undefined as never]), 'Expected "members[1]"'],
    ['a header that is none', () => chord([a, {} as never], b), 'Expected "header[1]"'],
    ['a body that is none', () => chord([a], null as never), 'Expected "body"'],
    ['a chain as a header', () => chord(chain(a, group(b)) as never, c), 'not a chain'],
    [
      'a chain from elsewhere without steps',
      () => chain(a, Signature.fromMap({ ...chain(a).toMap(), kwargs: {} })),
      '"steps[1]"',
    ],
    ['200 levels', () => deep(200), 'Expected "nesting of celery.group" of a signature to be at most 64 levels'],
    [
      '200 links, each of the one before',
      () => Array.from({ length: 200 }).reduce<Signature>((next) => b.link(next), a),
      'Expected "nesting of t.b"',
    ],
  ])('is refused: %s', (_what, make, message) => {
    expect(make).toThrow(InvalidSignatureError);
    expect(make).toThrow(message);
  });

  it('is not what has 64 levels', () => {
    expect(deep(63).toMap().task).toBe('celery.group');
  });
});

describe('Signature.replace', () => {
  it('puts other arguments and options in the place of those it has', () => {
    const made = add.s(1, 2).set({ queue: 'q', priority: 3 }).link(mul.s(2));

    expect(made.replace({ args: [5] }).toMap()).toEqual({ ...made.toMap(), args: [5] });
    expect(made.replace({ kwargs: { k: 1 } }).toMap()).toEqual({ ...made.toMap(), kwargs: { k: 1 } });
    expect(made.replace({ options: { countdown: '1s' } }).toMap().options).toEqual({
      countdown: 1,
      link: made.toMap().options?.['link'],
    });
    expect([made.isTyped, made.replace({ args: [] }).isTyped]).toEqual([true, false]);
  });

  it('refuses arguments of what is not one task', () => {
    expect(() => chain(a, b).replace({ args: [1] })).toThrow('left out for a chain; replace those of its tasks');
    expect(
      shapeOf(
        chain(a, b)
          .replace({ options: { queue: 'q' } })
          .toMap(),
      ),
    ).toBe('chain(a, b)');
  });
});
