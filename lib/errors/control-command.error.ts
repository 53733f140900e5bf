import { TaskQueueError } from './task-queue.error.js';

/** A command of the application is declared in a way that cannot work, or no process of the worker can run it. */
export class ControlCommandError extends TaskQueueError {
  readonly code = 'TQ_CONTROL_COMMAND';
}
