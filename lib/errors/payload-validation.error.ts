import { TaskQueueError } from './task-queue.error.js';
import type { WireClass } from './wire-class.js';

/** One thing a schema or a pipe refused. */
export interface PayloadIssue {
  /** Where it is: a parameter's name, or its number where it has none, and the keys below it, such as `order.lines.0.price`. */
  readonly path: string;
  readonly message: string;
}

/** A schema refused the arguments of a task, before they were sent or before it ran, or its result. Python sees a `ValueError`. */
export class PayloadValidationError extends TaskQueueError {
  static readonly wire: WireClass = { type: 'ValueError', module: 'builtins' };
  readonly code = 'TQ_PAYLOAD_VALIDATION';

  constructor(
    readonly taskName: string,
    readonly subject: 'arguments' | 'result',
    readonly issues: readonly PayloadIssue[],
    options?: ErrorOptions,
  ) {
    const verb = subject === 'result' ? 'does' : 'do';
    super(`The ${subject} of task "${taskName}" ${verb} not fit the schema: ${issues.map(line).join('; ')}.`, options);
  }
}

function line({ path, message }: PayloadIssue): string {
  const text = message.replace(/\.$/, '');
  return path === '' ? text : `"${path}": ${text}`;
}
