import { TaskQueueError } from './task-queue.error.js';
import { firstText, OWN_MODULE, type WireClass } from './wire-class.js';

const MODULE = 'celery.exceptions';

/** A message named a task that no provider in this worker declares. */
export class NotRegistered extends TaskQueueError {
  static readonly wire: WireClass<NotRegistered> = {
    type: 'NotRegistered',
    module: MODULE,
    args: (error) => [error.taskName],
    from: (args) => new NotRegistered(firstText(args, 'unknown')),
  };
  readonly code = 'TQ_NOT_REGISTERED';

  constructor(
    readonly taskName: string,
    nearest?: string,
    options?: ErrorOptions,
  ) {
    super(
      `Task "${taskName}" is not registered in this worker` +
        (nearest === undefined ? '.' : `; did you mean "${nearest}"?`) +
        ' Check that its provider is listed in a module the worker imports, and that no other application sends to its queues.',
      options,
    );
  }
}

/** A task was revoked: before it started, while it ran, or because it had expired. */
export class TaskRevokedError extends TaskQueueError {
  static readonly wire: WireClass<TaskRevokedError> = {
    type: 'TaskRevokedError',
    module: MODULE,
    args: (error) => [error.reason],
    from: (args) => new TaskRevokedError(firstText(args, 'revoked')),
  };
  readonly code = 'TQ_TASK_REVOKED';

  constructor(
    readonly reason: 'expired' | 'revoked' | 'terminated' | (string & {}),
    options?: ErrorOptions,
  ) {
    super(`The task was not finished: ${reason}.`, options);
  }
}

/** A task asked for one more retry than it may have, and gave no error of its own. */
export class MaxRetriesExceededError extends TaskQueueError {
  static readonly wire: WireClass<MaxRetriesExceededError> = {
    type: 'MaxRetriesExceededError',
    module: MODULE,
    from: (args) => new MaxRetriesExceededError(firstText(args, 'No retry is left.')),
  };
  readonly code = 'TQ_MAX_RETRIES_EXCEEDED';
}

/** The body of a chord cannot run, since a task of its header failed. */
export class ChordError extends TaskQueueError {
  static readonly wire: WireClass<ChordError> = {
    type: 'ChordError',
    module: MODULE,
    from: (args) => new ChordError(firstText(args, 'A task of the chord failed.')),
  };
  readonly code = 'TQ_CHORD';
}

/** A chord was to be sent where no result backend can count its parts. */
export class ChordsNotSupportedError extends TaskQueueError {
  readonly code = 'TQ_CHORDS_NOT_SUPPORTED';

  constructor(
    readonly store?: string,
    options?: ErrorOptions,
  ) {
    super(
      `A chord, or a graph with a node that waits for a list, needs a result backend that counts its finished parts, and ${store === undefined ? 'no results are kept here' : `${store} cannot`}: ` +
        'its body would never run. Set "results" of TaskQueueModule.forRoot() to redis:, embedded: or memory:.',
      options,
    );
  }
}

/** A task cannot be run as it was sent. */
export class InvalidTaskError extends TaskQueueError {
  static readonly wire: WireClass<InvalidTaskError> = {
    type: 'InvalidTaskError',
    module: MODULE,
    from: (args) => new InvalidTaskError(firstText(args, 'The task is not valid.')),
  };
  readonly code = 'TQ_INVALID_TASK';
}

/** Celery is configured in a way that cannot work; met in results of Python workers. */
export class ImproperlyConfigured extends TaskQueueError {
  static readonly wire: WireClass<ImproperlyConfigured> = {
    type: 'ImproperlyConfigured',
    module: MODULE,
    from: (args) => new ImproperlyConfigured(firstText(args, 'The configuration is not valid.')),
  };
  readonly code = 'TQ_IMPROPERLY_CONFIGURED';
}

/** A guard refused to let a task run. */
export class TaskForbidden extends TaskQueueError {
  static readonly wire: WireClass<TaskForbidden> = {
    type: 'TaskForbidden',
    module: OWN_MODULE,
    args: (error) => [error.taskName],
    from: (args) => new TaskForbidden(firstText(args, 'unknown')),
  };
  readonly code = 'TQ_TASK_FORBIDDEN';

  constructor(
    readonly taskName: string,
    options?: ErrorOptions,
  ) {
    super(
      `A guard refused to run task "${taskName}". Look at the guards on its class, its method and the application.`,
      options,
    );
  }
}
