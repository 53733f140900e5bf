import type { AnySignature, Composed, Group, Signature } from './signature.js';
import type { Passed } from './signature-types.js';
import type { WideChord, WideGroup } from './wide-group.js';

export type InOf<S> = S extends Signature<infer In, unknown> ? In : never;
export type OutOf<S> = S extends Signature<never, infer Out> ? Out : never;

/** Steps of a chain: each as it is where it takes what the one before passes on, else as it should have been. */
export type StepsOf<Steps extends readonly unknown[]> = Steps extends readonly [
  infer First,
  infer Second,
  ...infer Rest,
]
  ? [First, ...Following<First, [Second, ...Rest]>]
  : Steps;

type Following<Before, Steps extends readonly unknown[]> = Steps extends readonly [infer Step, ...infer Rest]
  ? [
      Step extends Signature<[Passed<OutOf<Before>>], unknown> ? Step : Signature<[Passed<OutOf<Before>>], unknown>,
      ...Following<Step, Rest>,
    ]
  : Steps;

/** What a chain of these steps is: a group alone stays one. */
export type ChainOf<Steps extends readonly unknown[]> = Steps extends readonly [infer Only]
  ? Only
  : Composed<InOf<Steps[0]>, LastOf<Steps>>;

type LastOf<Steps extends readonly unknown[]> = Steps extends readonly [...unknown[], infer Last]
  ? Last
  : Steps[number];

/** Results of members, those of a group directly among them each by itself. */
export type OutsOf<
  Members extends readonly unknown[],
  Outs extends readonly unknown[] = [],
> = Members extends readonly [infer First, ...infer Rest]
  ? OutsOf<Rest, [...Outs, ...OutsOfOne<First>]>
  : Members extends readonly []
    ? Outs
    : [...Outs, ...OutsOfOne<Members[number]>[number][]];

type OutsOfOne<Member> = Member extends Group<never, infer Outs> ? Outs : [OutOf<Member>];

/** What each of the members can be called with. */
export type InOfAll<Members extends readonly unknown[]> = [Takers<Members[number]>] extends [never]
  ? readonly unknown[]
  : Takers<Members[number]> extends (further: infer In extends readonly unknown[]) => void
    ? In
    : never;

/** Those that take anything leave the others to say what is taken. */
type Takers<Member> =
  Member extends Signature<infer In, unknown> ? (readonly unknown[] extends In ? never : (further: In) => void) : never;

/** What a task is called with where one argument is put before those it stores. */
export type ItemOf<In extends readonly unknown[]> = number extends In['length']
  ? In[number]
  : In extends readonly [infer Item]
    ? Item
    : never;

/** A header as it is written: a group, its members, or a group of an iterable. */
export type Header = Group<never, readonly unknown[]> | readonly AnySignature[] | WideGroup;

export type OutsOfHeader<H> = H extends readonly unknown[]
  ? OutsOf<H>
  : H extends WideGroup<infer Out>
    ? Out[]
    : OutOf<H>;

/** What a chord of a header and a body is. */
export type ChordOf<H, Body> = H extends WideGroup
  ? WideChord<OutOf<Body>>
  : Composed<H extends readonly unknown[] ? InOfAll<H> : InOf<H>, Body>;
