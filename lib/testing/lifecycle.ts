import { TestingUsageError } from '../errors/index.js';

export type TestingState = 'new' | 'configured' | 'started' | 'closed';

const ONE_EACH = 'Create one testing for each application: createTaskQueueTesting().';
const CONFIGURE =
  'Pass the builder through configure() before compile(): testing.configure(Test.createTestingModule(…)).compile().';

/** What a call came too late or too early for, by the state that it wants and the one that is. */
const WHY: Readonly<Partial<Record<`${TestingState}, is ${TestingState}`, string>>> = {
  'new, is configured': `was called twice. ${ONE_EACH}`,
  'new, is started': `was called after start(). ${ONE_EACH}`,
  'new, is closed': `was called after close(). ${ONE_EACH}`,
  'configured, is new': `was called before configure(), so the module would use its own broker. ${CONFIGURE}`,
  'configured, is started': `was called twice. ${ONE_EACH}`,
  'configured, is closed': `was called after close(). ${ONE_EACH}`,
  'started, is new': 'was called before the application runs. Call start(module) before it, and await it.',
  'started, is configured': 'was called before the application runs. Call start(module) before it, and await it.',
  'started, is closed': 'was called after close().',
};

/**
 * Where a testing stands:
 *
 *   new --configure(builder)--> configured --start(module)--> started --close()--> closed, from every other state as well
 */
export class Lifecycle {
  state: TestingState = 'new';

  /** @throws {TestingUsageError} unless that is the state */
  expect(state: TestingState, call: string): void {
    if (this.state === state) return;
    throw new TestingUsageError(`${call} ${WHY[`${state}, is ${this.state}`] ?? 'cannot be called now.'}`);
  }
}
