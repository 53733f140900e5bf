import { TaskQueueError } from './task-queue.error.js';

/** Two methods declare one task name: messages would reach one or the other. */
export class DuplicateTaskError extends TaskQueueError {
  readonly code = 'TQ_DUPLICATE_TASK';

  /** @param locations both methods, such as `BillingTasks.sendInvoice (BillingModule)` */
  constructor(
    readonly taskName: string,
    readonly locations: readonly [string, string],
  ) {
    super(
      `Task name "${taskName}" is declared twice: by ${locations[0]} and by ${locations[1]}. ` +
        'Give one of them another name in its @Task(), or a namePrefix in the @TaskDefaults() of its class.',
    );
  }
}

/** Two `@Schedule()` entries have one name: the claim of a tick would be shared, so one of them would not run. */
export class DuplicateScheduleError extends TaskQueueError {
  readonly code = 'TQ_DUPLICATE_SCHEDULE';

  constructor(
    readonly entryName: string,
    readonly locations: readonly [string, string],
  ) {
    super(
      `Schedule entry "${entryName}" is declared twice: on ${locations[0]} and on ${locations[1]}. ` +
        'Give one of them another name: @Schedule(…, { name: "…" }).',
    );
  }
}

/** `TaskQueueModule` is imported in a way that cannot work. */
export class ModuleSetupError extends TaskQueueError {
  readonly code = 'TQ_MODULE_SETUP';
}

/** The tasks of the application are not known yet, since their options are still being made. */
export class TasksNotReadyError extends TaskQueueError {
  readonly code = 'TQ_TASKS_NOT_READY';

  constructor() {
    super(
      'Options of a task come from an asynchronous factory, so no task can be sent before the application is initialized. ' +
        'Send from onModuleInit() or later and, in a test, call init() on the module first.',
    );
  }
}
