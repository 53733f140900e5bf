import type { INestApplicationContext } from '@nestjs/common';
import { TestingUsageError } from '../errors/index.js';
import { TASK_QUEUE_CLOCK } from '../nest/index.js';
import type { Clock } from '../time/index.js';

/** What is used of Nest's `TestingModuleBuilder`, so that `@nestjs/testing` need not be installed. */
export interface TestingBuilder {
  overrideProvider(token: unknown): { useValue(value: unknown): unknown };
}

/** @throws {TestingUsageError} unless it is a builder */
export function checkBuilder(given: unknown): void {
  if (has(given, 'overrideProvider')) return;
  if (has(given, 'get') || has(given, 'then')) {
    throw new TestingUsageError(
      'configure() was given a module that is compiled already. Give it the builder: testing.configure(Test.createTestingModule(…)).compile().',
    );
  }
  throw new TestingUsageError('configure() expects the builder that Test.createTestingModule() returns.');
}

/** @throws {TestingUsageError} unless it is a module or an application */
export function checkApplication(given: unknown): void {
  if (has(given, 'get') && has(given, 'init')) return;
  if (has(given, 'then')) {
    throw new TestingUsageError("start() was given a promise: await the builder's compile() first.");
  }
  if (has(given, 'compile')) {
    throw new TestingUsageError(
      'start() was given a builder: await its compile(), and give start() the module that it makes.',
    );
  }
  throw new TestingUsageError(
    "start() expects the module that the builder's compile() makes, or the application made of it.",
  );
}

/** @throws {TestingUsageError} unless the application goes by the clock of this test */
export function checkClock(application: INestApplicationContext, clock: Clock): void {
  let found: unknown;
  try {
    found = application.get(TASK_QUEUE_CLOCK, { strict: false });
  } catch (error) {
    throw new TestingUsageError(
      'The module given to start() does not import TaskQueueModule, so there is nothing to test. Import TaskQueueModule.forRoot() in it.',
      { cause: error },
    );
  }
  if (found === clock) return;
  throw new TestingUsageError(
    'The module given to start() was not configured by this testing, so its tasks would go to its own broker. ' +
      'Pass its builder through configure() before compile(): testing.configure(Test.createTestingModule(…)).compile().',
  );
}

/** @throws {TestingUsageError} while the test runner has replaced `setImmediate` */
export function refuseFakeTimers(): void {
  const replaced = setImmediate as unknown as { readonly clock?: unknown; readonly _isMockFunction?: unknown };
  if (replaced.clock === undefined && replaced._isMockFunction === undefined) return;
  throw new TestingUsageError(
    "The test runner's fake timers are on, so the event loop stands still and no task can run. Switch them off, or fake the date alone: " +
      "vi.useFakeTimers({ toFake: ['Date'] }), jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout', …] }).",
  );
}

function has(given: unknown, method: string): boolean {
  return typeof (given as Record<string, unknown> | null | undefined)?.[method] === 'function';
}
