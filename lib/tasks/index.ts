export type {
  ErrorClass,
  ResolvedTaskOptions,
  StandardSchema,
  StandardSchemaResult,
  TaskDefaultsOptions,
  TaskFactoryOptions,
  TaskOptions,
  TaskOptionsFactory,
} from './task-options.interface.js';
export type {
  RunnableTask,
  TaskCatalog,
  TaskDefinition,
  TaskHookEvent,
  TaskHookName,
  TaskParameter,
} from './task-definition.js';
export { TaskContext } from './task-context.js';
export type { RetryOptions, TaskContextHost, TaskRequest } from './task-context.js';
export type { Injected, IsAny, IsInjected, SentArgs, Sendable, TaskResult } from './sent-types.js';
export { Task, TaskDefaults } from './task.decorator.js';
export { Schedule } from './schedule.decorator.js';
export type { ScheduleEntryOptions, ScheduleFactory, ScheduleSendOptions } from './schedule-options.interface.js';
export { Ctx, Kwargs } from './parameter.decorators.js';
export { AfterTaskReturn, BeforeTaskStart, OnTaskFailure, OnTaskRetry, OnTaskSuccess } from './hook.decorators.js';
export { readTaskTable, type DeclaredTask, type TaskTable } from './task-table.js';
export { checkSchedule, type DeclaredSchedule } from './schedule-table.js';
export { resolveTaskOptions } from './resolve-task-options.js';
export { readParameters } from './parameters.js';
export { bindArguments, senderIn, type ArgumentSender } from './bind-arguments.js';
export { validateArguments, validateBoundArguments, validateResult } from './validation.js';
