import './matchers/matcher-augmentation.js';

export { createTaskQueueTesting, type TaskQueueTesting } from './task-queue-testing.js';
export type { TaskQueueTestingOptions, TestingWorkerOptions } from './testing-options.js';
export type { DeadTask, SentTask } from './recorded-tasks.js';
export type { TaskReference } from './task-reference.js';
export type { TestingBuilder } from './usage-checks.js';
export {
  fakeTaskContext,
  type FakeTaskContext,
  type FakeTaskRequest,
  type SentEvent,
  type StoredState,
} from './fake-task-context.js';
export { taskQueueMatchers } from './matchers/task-queue-matchers.js';
export type {
  AsymmetricMatch,
  Expected,
  ExpectedArgs,
  ExpectedDeath,
  ExpectedSending,
  TaskQueueMatchers,
} from './matchers/matcher-types.js';
export { TestingNotIdleError, TestingUsageError } from '../errors/index.js';
export type { VirtualClock } from '../time/index.js';
