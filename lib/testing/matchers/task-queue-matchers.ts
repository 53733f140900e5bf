import { InvalidOptionError, TestingUsageError } from '../../errors/index.js';
import { checkInteger } from '../../options/index.js';
import type { DeadTask, SentTask } from '../recorded-tasks.js';
import { TaskQueueTesting } from '../task-queue-testing.js';
import type { TaskReference } from '../task-reference.js';
import { actualDeath, actualSending, compareDeath, compareSending, type FacetComparer } from './expected-sending.js';
import { failureMessage, timesOf, type Candidate } from './failure-message.js';
import type { ExpectedDeath, ExpectedSending } from './matcher-types.js';
import { equalsOf, type Equals, type MatcherContext, type MatcherResult } from './runner.interface.js';

/** How the tasks of one list are searched. */
interface Search<Of> {
  readonly compare: FacetComparer<Of>;
  readonly describe: (task: Of) => Readonly<Record<string, unknown>>;
  readonly equals: Equals;
}

/**
 * Matchers for `expect(testing)`, where `testing` is what `createTaskQueueTesting()` returned. In a setup file of Vitest or Jest:
 *
 * ```ts
 * expect.extend(taskQueueMatchers);
 * ```
 */
export const taskQueueMatchers = {
  toHaveEnqueued(
    this: MatcherContext,
    received: unknown,
    task: TaskReference,
    args?: unknown,
    sending?: ExpectedSending,
  ): MatcherResult {
    return matchSent(this, 'toHaveEnqueued', received, { task, args, sending, times: undefined });
  },

  toHaveEnqueuedTimes(
    this: MatcherContext,
    received: unknown,
    task: TaskReference,
    times: number,
    args?: unknown,
    sending?: ExpectedSending,
  ): MatcherResult {
    checkInteger(times, NaN, { min: 0 }, 'times');
    if (times === undefined) throw new InvalidOptionError('times', 'an integer of at least 0', times);
    return matchSent(this, 'toHaveEnqueuedTimes', received, { task, args, sending, times });
  },

  toHaveDeadLettered(
    this: MatcherContext,
    received: unknown,
    task: TaskReference,
    args?: unknown,
    death?: ExpectedDeath,
  ): MatcherResult {
    const testing = testingOf(received, 'toHaveDeadLettered');
    const name = testing.nameOf(task);
    const equals = equalsOf(this);
    const names = Object.keys(death ?? {});
    const all = testing.deadLetters;
    const candidates = candidatesOf(all, name, args, {
      compare: compareDeath(death ?? {}, equals),
      describe: (dead) => ({ ...actualDeath(dead, names), reason: dead.reason, error: dead.error }),
      equals,
    });
    return {
      pass: candidates.some(isMatch),
      message: () =>
        failureMessage(this, {
          matcher: 'toHaveDeadLettered',
          task: name,
          args,
          facets: death,
          done: 'dead-lettered',
          candidates,
          found: all.map((dead) => dead.task ?? 'unreadable'),
          known: testing.taskNames,
        }),
    };
  },
};

interface SentQuestion {
  readonly task: TaskReference;
  readonly args: unknown;
  readonly sending: ExpectedSending | undefined;
  readonly times: number | undefined;
}

function matchSent(context: MatcherContext, matcher: string, received: unknown, question: SentQuestion): MatcherResult {
  const { task, args, sending, times } = question;
  const testing = testingOf(received, matcher);
  const name = testing.nameOf(task);
  const equals = equalsOf(context);
  const names = Object.keys(sending ?? {});
  const all = testing.sent;
  const candidates = candidatesOf(all, name, args, {
    compare: compareSending(sending ?? {}, equals),
    describe: (sent) => actualSending(sent, names),
    equals,
  });
  const count = candidates.filter(isMatch).length;
  return {
    pass: times === undefined ? count > 0 : count === times,
    message: () =>
      failureMessage(context, {
        matcher,
        task: name,
        args,
        facets: sending,
        ...(times !== undefined && { times: timesOf(times) }),
        done: 'sent',
        candidates,
        found: all.map((sent) => sent.task),
        known: testing.taskNames,
      }),
  };
}

function candidatesOf<Of extends (Pick<SentTask, 'args'> & { readonly task: string }) | DeadTask>(
  all: readonly Of[],
  name: string,
  args: unknown,
  { compare, describe, equals }: Search<Of>,
): readonly Candidate[] {
  return all
    .filter(({ task }) => task === name)
    .map((task) => ({
      args: task.args,
      facets: describe(task),
      differs: [...(args === undefined || equals(task.args, args) ? [] : ['args']), ...compare(task)],
    }));
}

function isMatch({ differs }: Candidate): boolean {
  return differs.length === 0;
}

function testingOf(received: unknown, matcher: string): TaskQueueTesting {
  if (received instanceof TaskQueueTesting) return received;
  throw new TestingUsageError(
    `expect(…).${matcher}() takes what createTaskQueueTesting() returned: expect(testing).${matcher}(…).`,
  );
}
