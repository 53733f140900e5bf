import { TaskQueueError } from './task-queue.error.js';

/** Decorators of this library stand where they cannot work, or contradict each other. Thrown at start, when a provider is read. */
export class TaskDeclarationError extends TaskQueueError {
  readonly code = 'TQ_TASK_DECLARATION';

  /**
   * @param location the class, or class and method, at fault, such as `BillingTasks.sendInvoice`
   * @param problem what is wrong there and what to do, as it reads after the location
   */
  constructor(
    readonly location: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${location} ${problem}`, options);
  }
}
