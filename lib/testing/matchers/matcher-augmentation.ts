import type { TaskQueueMatchers } from './matcher-types.js';

// What makes `expect(testing).toHaveEnqueued()` known to the compiler. Neither runner has to be installed: Vitest's assertions extend the global
// `jest.Matchers` as well as @types/jest's do, and a module that is not there is passed over.

declare global {
  namespace jest {
    interface Matchers<R, T> extends TaskQueueMatchers<R> {}
  }
}

/** @ts-ignore: only where `expect` is imported from `@jest/globals` */
declare module '@jest/expect' {
  interface Matchers<R extends void | Promise<void>> extends TaskQueueMatchers<R> {}
}
