import { TaskQueueError } from './task-queue.error.js';

/** An option has a value that cannot be used. Thrown at start, never replaced by a default. */
export class InvalidOptionError extends TaskQueueError {
  readonly code = 'TQ_INVALID_OPTION';

  /**
   * @param option path of the option, such as `worker.concurrency`
   * @param expected what would have been accepted, as it reads after "to be"
   * @param received the value that was given
   */
  constructor(
    readonly option: string,
    readonly expected: string,
    readonly received: unknown,
    options?: ErrorOptions,
  ) {
    super(`Expected option "${option}" to be ${expected}, got ${describeValue(received)}.`, options);
  }
}

/** A value and its type for an error message, cut to a readable length. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'string') return `${JSON.stringify(cut(value))} (string)`;
  if (typeof value === 'function') return `${value.name || 'anonymous'} (function)`;
  if (typeof value === 'object') return `${value.constructor?.name ?? 'null-prototype'} (object)`;
  return `${cut(String(value))} (${typeof value})`;
}

function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
