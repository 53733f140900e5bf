import { describe, expect, it } from 'vitest';
import { chain, chord, group, Signature, signature, WideChord, WideGroup } from '../../../lib/canvas/index.js';
import { InvalidSignatureError } from '../../../lib/errors/index.js';

const [a, b] = [signature('t.a'), signature('t.b')];

function* members(): Generator<Signature> {
  yield a;
  throw new Error('taken before it was sent');
}

describe('a group of an iterable', () => {
  it('holds its source and takes nothing of it', () => {
    const source = members();

    const made = group.from(source);

    expect(made).toBeInstanceOf(WideGroup);
    expect(made.members).toBe(source);
  });

  it('is the header of a chord', () => {
    const header = group.from(members());

    const made = chord(header, b);

    expect(made).toBeInstanceOf(WideChord);
    expect([made.header, made.body]).toEqual([header, b]);
  });

  it.each<[string, () => unknown, string]>([
    ['what is no iterable', () => group.from(5 as never), 'Expected "members" of a signature to be an iterable or an'],
    ['a text', () => group.from('abc' as never), '"members"'],
    [
      'a body that is none',
      () => chord(group.from([a]), 5 as never),
      'Expected "body" of a signature to be a signature',
    ],
    ['a body that is a group', () => chord(group.from([a]), group(a, b)), 'to be a task, or what has one result'],
    ['being a step', () => chain(a, group.from([a]) as never), '"steps[1]" of a signature to be a signature; a graph'],
    ['being a member', () => group([group.from([a]) as never]), 'sent by apply() alone, got WideGroup'],
    ['being a body', () => chord([a], group.from([a]) as never), '"body"'],
    ['being in a header', () => chord([group.from([a]) as never], a), '"header[0]"'],
    ['being linked', () => a.link(chord(group.from([a]), b) as never), 'got WideChord'],
  ])('refuses %s', (_what, make, message) => {
    expect(make).toThrow(InvalidSignatureError);
    expect(make).toThrow(message);
  });
});
