type IsAny<T> = 0 extends 1 & T ? true : false;

type IsPlainArray<A extends readonly unknown[]> = number extends A['length']
  ? A[number][] extends A
    ? true
    : false
  : false;

/** The argument lists a task can be called with: one for each number of optional arguments that are given. */
type Calls<A extends readonly unknown[]> =
  IsPlainArray<A> extends true
    ? A
    : A extends readonly [infer H, ...infer R]
      ? [H, ...Calls<R>]
      : A extends readonly []
        ? []
        : A extends readonly [_?: infer H, ...rest: infer R]
          ? [] | [H, ...Calls<R>]
          : A;

type Tails<C extends readonly unknown[]> = C extends readonly [unknown, ...infer R] ? C | Tails<R> : C | [];

/** What comes before `Given` in a call. */
type Before<C extends readonly unknown[], Given extends readonly unknown[], Passed extends readonly unknown[] = []> =
  IsPlainArray<C> extends true
    ? Given extends C
      ? [...Passed, ...C]
      : never
    : | (Given extends C ? Passed : never)
      | (C extends readonly [infer H, ...infer R] ? Before<R, Given, [...Passed, H]> : never);

/** Arguments a signature may store of a task that takes `Args`: all, or the last ones, since further ones are put before them. */
export type PartialArgs<Args extends readonly unknown[]> =
  IsAny<Args> extends true ? readonly unknown[] : Args extends unknown ? Tails<Calls<Args>> : never;

/** Arguments a signature still needs: a union where optional ones leave a choice, `[]` in it where it may need none. */
export type MissingArgs<Args extends readonly unknown[], Given extends readonly unknown[]> =
  IsAny<Args> extends true ? readonly unknown[] : Args extends unknown ? EachBefore<Calls<Args>, Given> : never;

type EachBefore<C extends readonly unknown[], Given extends readonly unknown[]> = C extends unknown
  ? Before<C, Given>
  : never;

/**
 * What a task that returns `Out` passes on. Of `unknown` and `any` nothing is known: `never`, so that the next one may say what it takes. One that returns
 * nothing is followed by what takes nothing in its place, or is immutable.
 */
export type Passed<Out> =
  IsAny<Out> extends true
    ? never
    : Out extends readonly unknown[]
      ? { [K in keyof Out]: PassedOne<Out[K]> }
      : PassedOne<Out>;

type PassedOne<Out> = unknown extends Out ? never : Out extends undefined ? Out : Out extends void ? undefined : Out;
