import { TaskQueueError } from './task-queue.error.js';

/** A child process or thread of a pool ended, or failed, before it could run jobs. */
export class ChildBootError extends TaskQueueError {
  readonly code = 'TQ_CHILD_BOOT';

  /**
   * @param child which one, such as `prefork child 0`
   * @param reason what became of it, as it reads after "could not boot: "
   * @param remoteStack stack of the child's own error, where it could tell
   */
  constructor(
    readonly child: string,
    readonly reason: string,
    readonly remoteStack: string | undefined,
  ) {
    super(`The ${child} could not boot: ${reason}`);
    if (remoteStack !== undefined) this.stack = `${this.name}: ${this.message}\n${withoutHead(remoteStack, reason)}`;
  }
}

/** A stack begins with what the message says already. */
function withoutHead(stack: string, head: string): string {
  return stack.startsWith(`${head}\n`) ? stack.slice(head.length + 1) : `[in the child] ${stack}`;
}

/** A process that no pool started was to serve as a child. */
export class NotAChildError extends TaskQueueError {
  readonly code = 'TQ_NOT_A_CHILD';

  constructor() {
    super(
      'This process was not started by a pool, so it cannot serve as its child. Call serveChild() only where currentChildRole() gives a role.',
    );
  }
}

/** What a child reports about its application holds a value that cannot cross to another process. */
export class ChildReportError extends TaskQueueError {
  readonly code = 'TQ_CHILD_REPORT';

  /** @param path where in the report, such as `options.broker.logger` */
  constructor(
    readonly path: string,
    readonly received: string,
    options?: ErrorOptions,
  ) {
    super(
      `Expected "${path}" to be plain data that can cross to another process, got ${received}. ` +
        'What must be code (a logger, an autoscaler, a source of credentials) belongs in the options of the worker itself.',
      options,
    );
  }
}

/** The file that children have to run does not exist. */
export class EntryNotFoundError extends TaskQueueError {
  readonly code = 'TQ_ENTRY_NOT_FOUND';

  constructor(readonly entry: string | undefined) {
    super(
      entry === undefined
        ? 'There is no entry file that child processes could run: this process was not started with one. Name it in the option "entry", as a path or a file URL.'
        : `The entry file "${entry}" that child processes have to run does not exist. Name the file that starts the worker in the option "entry", as a path or a file URL.`,
    );
  }
}

/** A job could not be written as one line of text for the process that runs it. */
export class JobTextError extends TaskQueueError {
  readonly code = 'TQ_JOB_TEXT';

  constructor(reason: string, options?: ErrorOptions) {
    super(
      `A job could not be handed to another process: ${reason}. A pool's codec has to write each as one line without tabs.`,
      options,
    );
  }
}

/** The reason with which a body's signal aborts when its pool gives up on it. */
export class JobAbandonedError extends TaskQueueError {
  readonly code = 'TQ_JOB_ABANDONED';

  constructor(readonly reason: string) {
    super(`The pool no longer waits for this job: ${reason}. Its reply will be ignored.`);
  }
}

/** A pool cannot have the size that was asked for. */
export class PoolResizeError extends TaskQueueError {
  readonly code = 'TQ_POOL_RESIZE';

  /**
   * @param pool its name
   * @param size how many children or slots it has, and keeps
   */
  constructor(
    message: string,
    readonly pool: string,
    readonly size: number,
  ) {
    super(message);
  }
}

/** A task asks for a pool that a worker of its queue does not have. */
export class MissingPoolError extends TaskQueueError {
  readonly code = 'TQ_MISSING_POOL';

  /**
   * @param queue where the worker would get messages of the task
   * @param pool the one that the task asks for
   * @param present those that the worker has
   * @param advice options by which it would have all of them, such as `pools: { async: 100, threads: 2 } (--pools async=100,threads=2)`
   */
  constructor(
    readonly taskName: string,
    readonly queue: string,
    readonly pool: string,
    readonly present: readonly string[],
    advice: string,
  ) {
    super(
      `Task "${taskName}" asks for the pool "${pool}", and this worker takes from its queue "${queue}" but has only ${present.map((name) => `"${name}"`).join(', ')}. ` +
        `Start the worker with ${advice}, or give the task a queue from which only workers with that pool take.`,
    );
  }
}

/** A child takes more memory before its first job than it may have. */
export class ChildMemoryError extends TaskQueueError {
  readonly code = 'TQ_CHILD_MEMORY';

  /** @param limitBytes what it may have @param takenBytes what it took when it had booted */
  constructor(
    readonly limitBytes: number,
    readonly takenBytes: number,
  ) {
    super(
      `A child takes ${inMebi(takenBytes)} before its first task, which is more than it may have: ` +
        `option "worker.maxMemoryPerChild" is ${inMebi(limitBytes)}. Set it well above what a child begins with.`,
    );
  }
}

function inMebi(bytes: number): string {
  return `${Math.round((bytes / 1_024 ** 2) * 10) / 10} MiB`;
}
