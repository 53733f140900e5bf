import { nearestName } from '../../errors/index.js';
import { printOn, type MatcherContext } from './runner.interface.js';

/** Entries that a message lists before it only counts. */
const MOST_LISTED = 10;

/** One task that was found, and in what it is not as expected. */
export interface Candidate {
  readonly args: readonly unknown[] | undefined;
  /** What was expected of it besides its arguments, as it is. */
  readonly facets: Readonly<Record<string, unknown>>;
  /** `args`, and names of `facets`. */
  readonly differs: readonly string[];
}

export interface FailureParts {
  readonly matcher: string;
  readonly task: string;
  readonly args: unknown;
  readonly facets: object | undefined;
  /** Such as `3 times`. */
  readonly times?: string;
  /** What was done: `sent`, `dead-lettered`. */
  readonly done: string;
  /** Of this task. */
  readonly candidates: readonly Candidate[];
  /** Names of all tasks that were found. */
  readonly found: readonly string[];
  /** Names of the application's tasks. */
  readonly known: readonly string[];
}

/** Says what was expected, and what is there instead. */
export function failureMessage(context: MatcherContext, parts: FailureParts): string {
  const { matcher, times, done, candidates, found } = parts;
  const not = context.isNot === true ? '.not' : '';
  const matching = candidates.filter(({ differs }) => differs.length === 0).length;
  const counted = matching === 0 ? '' : `, of which ${matching} ${matching === 1 ? 'is' : 'are'} like that`;
  return [
    `expect(testing)${not}.${matcher}()`,
    '',
    `Expected${not === '' ? '' : ' not'}: ${describeExpected(context, parts)}${times === undefined ? '' : `, ${times}`}`,
    candidates.length === 0
      ? `No "${parts.task}" was ${done}.${hintOf(parts)}`
      : `"${parts.task}" was ${done} ${timesOf(candidates.length)}${counted}:`,
    ...listed(candidates.map((candidate) => describeCandidate(context, candidate, context.isNot === true))),
    ...describeOthers(parts.task, done, found),
  ].join('\n');
}

export function timesOf(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function describeExpected(context: MatcherContext, { task, args, facets }: FailureParts): string {
  const call = args === undefined ? `"${task}"` : `"${task}" with ${printOn(context, 'expected', args)}`;
  return facets === undefined ? call : `${call} and ${printOn(context, 'expected', facets)}`;
}

function describeCandidate(context: MatcherContext, { args, facets, differs }: Candidate, isNot: boolean): string {
  const shown = args === undefined ? 'unreadable' : printOn(context, 'received', args);
  const more = Object.keys(facets).length === 0 ? '' : ` and ${printOn(context, 'received', facets)}`;
  const why = differs.length === 0 || isNot ? '' : `   (differs in ${differs.join(', ')})`;
  return `${shown}${more}${why}`;
}

function describeOthers(task: string, done: string, found: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of found) if (name !== task) counts.set(name, (counts.get(name) ?? 0) + 1);
  if (counts.size === 0) return found.length === 0 ? [`Nothing else was ${done}.`] : [];
  return [
    '',
    `Others that were ${done}:`,
    ...listed([...counts].map(([name, count]) => `"${name}" ${timesOf(count)}`)),
  ];
}

function listed(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MOST_LISTED).map((line, index) => `  ${index + 1}. ${line}`);
  return lines.length > MOST_LISTED ? [...shown, `  … and ${lines.length - MOST_LISTED} more`] : shown;
}

/** A misspelt name reads like a task that was not sent. */
function hintOf({ task, known, found }: FailureParts): string {
  if (known.includes(task)) return '';
  const nearest = nearestName(task, [...known, ...found]);
  return ` No task of the application has this name${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`;
}
