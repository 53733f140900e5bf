import { InvalidOptionError } from '../../errors/index.js';
import { checkGroup, refuseUnknownKeys } from '../../options/index.js';
import { parseDuration, type Duration } from '../../time/index.js';
import type { DeadTask, SentTask } from '../recorded-tasks.js';
import type { ExpectedDeath, ExpectedSending } from './matcher-types.js';
import type { Equals } from './runner.interface.js';

/** One thing that is expected of a task: what it is, and what it would have to be. */
interface Facet<Of> {
  readonly actual: (task: Of) => unknown;
  /** What the user wrote, as it is compared. */
  readonly expected?: (given: never, task: Of, option: string) => unknown;
  /** Further members of an object are allowed. */
  readonly isSubset?: boolean;
}

const durationOf = (given: Duration, _task: SentTask, option: string): unknown => parseDuration(given, option);

const SENDING: Readonly<Record<keyof ExpectedSending, Facet<SentTask>>> = {
  taskId: { actual: ({ id }) => id },
  queue: { actual: ({ queue }) => queue },
  countdown: { actual: ({ countdownMs = 0 }) => countdownMs, expected: durationOf },
  eta: { actual: ({ eta }) => eta },
  expires: {
    actual: ({ expires }) => expires,
    expected: (given: Date | Duration, { sentAt }, option) =>
      given instanceof Date ? given : new Date(sentAt.getTime() + parseDuration(given, option)),
  },
  priority: { actual: ({ priority = 9 }) => priority }, // none is the most urgent on this broker
  ignoreResult: { actual: ({ ignoreResult }) => ignoreResult },
  timeLimit: { actual: ({ timeLimitMs }) => timeLimitMs, expected: durationOf },
  softTimeLimit: { actual: ({ softTimeLimitMs }) => softTimeLimitMs, expected: durationOf },
  kwargs: { actual: ({ kwargs }) => kwargs },
  headers: { actual: ({ headers }) => headers, isSubset: true },
  parentId: { actual: ({ parentId }) => parentId },
  instance: { actual: ({ instance }) => instance },
};

const DEATH: Readonly<Record<keyof ExpectedDeath, Facet<DeadTask>>> = {
  reason: { actual: ({ reason }) => reason },
  error: { actual: ({ error }) => error },
  queue: { actual: ({ queue }) => queue },
  kwargs: { actual: ({ kwargs }) => kwargs },
  instance: { actual: ({ instance }) => instance },
};

/** Names of what is not as expected; none where all is. */
export type FacetComparer<Of> = (task: Of) => readonly string[];

/** @throws {InvalidOptionError | UnknownOptionError} for what cannot be expected */
export function compareSending(expected: ExpectedSending, equals: Equals): FacetComparer<SentTask> {
  return comparer(expected, SENDING, 'sending', equals);
}

/** @throws {InvalidOptionError | UnknownOptionError} for what cannot be expected */
export function compareDeath(expected: ExpectedDeath, equals: Equals): FacetComparer<DeadTask> {
  return comparer(expected, DEATH, 'death', equals);
}

/** What a task is, in the words of what was expected. */
export function actualSending(task: SentTask, names: readonly string[]): Readonly<Record<string, unknown>> {
  return actualOf(task, SENDING, names);
}

export function actualDeath(task: DeadTask, names: readonly string[]): Readonly<Record<string, unknown>> {
  return actualOf(task, DEATH, names);
}

function comparer<Of>(
  given: object,
  facets: Readonly<Record<string, Facet<Of>>>,
  path: string,
  equals: Equals,
): FacetComparer<Of> {
  checkGroup(given, path);
  refuseUnknownKeys(given, Object.keys(facets), path);
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return (task) => entries.filter(([name, value]) => !isAsExpected(task, name, value)).map(([name]) => name);

  function isAsExpected(task: Of, name: string, value: unknown): boolean {
    const { actual, expected, isSubset = false } = facets[name] as Facet<Of>;
    const wanted =
      expected === undefined || isAsymmetric(value) ? value : expected(value as never, task, `${path}.${name}`);
    return isSubset ? hasMembers(actual(task), wanted, equals, `${path}.${name}`) : equals(actual(task), wanted);
  }
}

function actualOf<Of>(
  task: Of,
  facets: Readonly<Record<string, Facet<Of>>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.map((name) => [name, facets[name]?.actual(task)]));
}

function hasMembers(actual: unknown, wanted: unknown, equals: Equals, option: string): boolean {
  if (isAsymmetric(wanted)) return equals(actual, wanted);
  if (typeof wanted !== 'object' || wanted === null) throw new InvalidOptionError(option, 'an object', wanted);
  const members = actual as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([name, value]) => equals(members[name], value));
}

function isAsymmetric(value: unknown): boolean {
  return typeof (value as { readonly asymmetricMatch?: unknown } | null)?.asymmetricMatch === 'function';
}
