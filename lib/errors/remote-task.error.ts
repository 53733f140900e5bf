import { TaskQueueError } from './task-queue.error.js';

/** What a task in another process threw, where no class here stands for it. */
export class RemoteTaskError extends TaskQueueError {
  readonly code = 'TQ_REMOTE_TASK';

  constructor(
    /** Class name over there, such as `KeyError`. */
    readonly excType: string,
    /** Python module of that class; empty where it is unknown. */
    readonly excModule: string,
    /** Arguments the error was made with. */
    readonly excArgs: readonly unknown[],
    /** As the worker stored it. */
    readonly traceback: string | null = null,
    options?: ErrorOptions,
  ) {
    super(describe(excType, excArgs), options);
  }
}

function describe(excType: string, excArgs: readonly unknown[]): string {
  if (excArgs.length === 0) return excType;
  const text = excArgs.map((arg) => (typeof arg === 'string' ? arg : asText(arg))).join(', ');
  return `${excType}: ${text.length > 1_000 ? `${text.slice(0, 1_000)}…` : text}`;
}

function asText(arg: unknown): string {
  if (typeof arg !== 'object') return String(arg);
  try {
    return JSON.stringify(arg);
  } catch {
    return Object.prototype.toString.call(arg);
  }
}
