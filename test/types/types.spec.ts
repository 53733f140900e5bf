import { beforeAll, describe, expect, it } from 'vitest';
import { compileCases, readCases, type CompileCase, type FoundError } from './compile-cases.js';

const cases = readCases();
let found: readonly FoundError[] = [];

beforeAll(() => {
  found = compileCases();
}, 120_000);

/** One line an error, the words of the message only where the case names some. */
function describeErrors({ file, start, end, expected }: CompileCase): {
  readonly expected: string[];
  readonly actual: string[];
} {
  const actual = found.filter((each) => each.file === file && each.line >= start && each.line < end);
  return {
    expected: expected.map(({ line, code, text }) => `line ${line + 1}: TS${code} ${text}`),
    actual: actual.map(({ line, code, text }) => {
      const named = expected.find((each) => each.line === line)?.text;
      return `line ${line + 1}: TS${code} ${named !== undefined && text.includes(named) ? named : text}`;
    }),
  };
}

describe('types', () => {
  it('are held by 40 cases or more, of both kinds', () => {
    const failing = cases.filter(({ expected }) => expected.length > 0).length;

    expect(failing).toBeGreaterThanOrEqual(20);
    expect(cases.length - failing).toBeGreaterThanOrEqual(20);
  });

  it('compile outside of the cases', () => {
    const outside = found.filter(
      ({ file, line }) => !cases.some((each) => each.file === file && line >= each.start && line < each.end),
    );

    expect(outside).toEqual([]);
  });

  describe.each([...new Set(cases.map(({ file }) => file))])('%s', (file) => {
    it.each(cases.filter((each) => each.file === file).map((each) => [each.title, each] as const))(
      '%s',
      (_title, each) => {
        const { expected, actual } = describeErrors(each);

        expect(actual).toEqual(expected);
      },
    );
  });
});
