/** Compares as `toEqual` does, asymmetric matchers included. */
export type Equals = (a: unknown, b: unknown) => boolean;

/** What Vitest and Jest both give a matcher as `this`. */
export interface MatcherContext {
  readonly isNot?: boolean | undefined;
  readonly equals: (a: unknown, b: unknown, customTesters?: never[]) => boolean;
  readonly customTesters?: readonly unknown[] | undefined;
  readonly utils: {
    /** Jest's third parameter is a width, which an object leaves unlimited; on one line it writes anyway. */
    stringify(value: unknown, maxDepth?: number, options?: never): string;
    EXPECTED_COLOR(text: string): string;
    RECEIVED_COLOR(text: string): string;
    readonly iterableEquality: unknown;
  };
}

/** What a matcher answers with. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** The runner's own equality, with the testers that `toEqual` uses and those that its user has added. */
export function equalsOf({ equals, customTesters = [], utils }: MatcherContext): Equals {
  const testers = [...customTesters, utils.iterableEquality] as never[];
  return (a, b) => equals(a, b, testers);
}

/** A value on one line, asymmetric matchers as they were written. */
export function printOn({ utils }: MatcherContext, side: 'expected' | 'received', value: unknown): string {
  const text = utils.stringify(value, undefined, { min: true } as never);
  return side === 'expected' ? utils.EXPECTED_COLOR(text) : utils.RECEIVED_COLOR(text);
}
