export { TaskQueueModule, TASK_QUEUE_CLOCK, TASK_QUEUE_OPTIONS_OVERRIDE } from './task-queue.module.js';
export type {
  OptionsOverride,
  TaskQueueModuleExtras,
  TaskQueueOptionsFactory,
  TaskQueueRootAsyncOptions,
  TaskQueueRootOptions,
} from './task-queue.module.js';
export { resolveModuleOptions } from './module-options.js';
export type {
  BrokerModuleOptions,
  ResolvedModuleOptions,
  ResultsModuleOptions,
  TaskQueueModuleOptions,
} from './module-options.js';
export { TaskQueueHealthIndicator } from './task-queue.health.js';
export type { HealthyWorker, TaskQueueHealthOptions, TaskQueueHealthResult } from './task-queue.health.js';
export { createBeat, type BeatParts } from './create-beat.js';
export { createChordWatch } from './create-chord-watch.js';
export { electedTask } from './elected-task.js';
export { TaskQueueHost, type ModuleOptionsReport, type TracerParts } from './task-queue.host.js';
export type { ReportedOptions, ScheduleReport, WorkerReport } from './worker-report.js';
export {
  DEFAULT_INSTANCE,
  getTaskClientToken,
  getTaskControlToken,
  getTaskEventsToken,
  getTaskQueueHealthToken,
  getTaskQueueHostToken,
  InjectTaskClient,
  InjectTaskControl,
  InjectTaskEvents,
} from './tokens.js';
export { TASK_CONTEXT_TYPE, TaskExecutionContext } from './enhancers/task-execution-context.js';
export type { ScheduleEntry } from './discovery/task-explorer.js';
