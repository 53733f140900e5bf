import { TaskQueueError } from './task-queue.error.js';

/** `TaskExecutionContext.from()` was given the context of something else than a task. */
export class InvalidContextError extends TaskQueueError {
  readonly code = 'TQ_INVALID_CONTEXT';

  constructor(readonly contextType: string) {
    super(
      `TaskExecutionContext.from() expects the context of a task, got one of type "${contextType}". ` +
        'What serves routes and tasks alike has to ask context.getType() first, which is "task" for a task.',
    );
  }
}
