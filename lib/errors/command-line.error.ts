import { TaskQueueError } from './task-queue.error.js';

/** What `-A` names is no file that holds an application. */
export class ApplicationFileError extends TaskQueueError {
  readonly code = 'TQ_APPLICATION_FILE';

  /**
   * @param given what was named, as it was written
   * @param problem as it reads after the application's name
   */
  constructor(
    readonly given: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`Application "${given}" ${problem}`, options);
  }
}

/** The file that `-A` names failed while it was loaded. */
export class ApplicationLoadError extends TaskQueueError {
  readonly code = 'TQ_APPLICATION_LOAD';

  /** @param given what was named, as it was written */
  constructor(
    readonly given: string,
    cause: unknown,
  ) {
    super(`Application "${given}" could not be loaded: ${textOf(cause)}`, { cause });
  }
}

/** A command line asks for something that cannot be done as it is written. */
export class CommandUsageError extends TaskQueueError {
  readonly code = 'TQ_COMMAND_USAGE';
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A worker was to start under a pid file whose worker still runs. */
export class WorkerRunningError extends TaskQueueError {
  readonly code = 'TQ_WORKER_RUNNING';

  constructor(
    readonly pidFile: string,
    readonly pid: number,
  ) {
    super(
      `Pid file "${pidFile}" is of a worker that runs, as process ${pid}. Stop that one first, or give this one another --pidfile.`,
    );
  }
}
