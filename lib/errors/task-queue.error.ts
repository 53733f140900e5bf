/** Root of every error this library throws. Branch on `code`, which is stable; the wording may change. */
export abstract class TaskQueueError extends Error {
  abstract readonly code: `TQ_${string}`;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
