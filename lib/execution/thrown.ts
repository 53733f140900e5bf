import { describeThrown } from '../protocol/index.js';
import type { ErrorClass } from '../tasks/index.js';

const LONGEST_LINE = 1_000;

/**
 * The `code` of what was thrown, which tells errors of this library apart also where they come from another copy of it. Never throws,
 * whatever was thrown.
 */
export function codeOf(thrown: unknown): string | undefined {
  const code = read(thrown, 'code');
  return typeof code === 'string' ? code : undefined;
}

/** Whether what was thrown is of one of these classes. An error of this library also counts when it is that of another copy. */
export function isOneOf(thrown: unknown, classes: readonly ErrorClass[]): boolean {
  if (classes.length === 0) return false;
  return classes.some((errorClass) => isInstance(thrown, errorClass) || isTwin(thrown, errorClass));
}

/** Whether this is an aborted operation, as Node, `fetch` and common clients throw it: the signal's own reason, or an `AbortError`. */
export function isAbort(thrown: unknown, reason: unknown): boolean {
  if (thrown === reason) return true;
  const code = read(thrown, 'code');
  return read(thrown, 'name') === 'AbortError' || code === 'ABORT_ERR' || code === 'ERR_CANCELED';
}

/** Whether an aborted operation is behind this, also one that the body has made an error of its own of. */
export function isCausedByAbort(thrown: unknown, reason: unknown): boolean {
  return isAbort(thrown, reason) || (reason !== undefined && read(thrown, 'cause') === reason);
}

/** What was thrown in one line, for logs and dead letters. Never throws. */
export function toOneLine(thrown: unknown): string {
  const line = describeThrown(thrown).replace(/\s*[\r\n]+\s*/g, ' ');
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

function isInstance(thrown: unknown, errorClass: ErrorClass): boolean {
  try {
    return thrown instanceof errorClass;
  } catch {
    return false; // a proxy, or a class with a `Symbol.hasInstance` that throws
  }
}

function isTwin(thrown: unknown, errorClass: ErrorClass): boolean {
  return (
    errorClass.name !== '' && read(thrown, 'name') === errorClass.name && (codeOf(thrown)?.startsWith('TQ_') ?? false)
  );
}

function read(thrown: unknown, property: string): unknown {
  try {
    return typeof thrown === 'object' && thrown !== null ? (thrown as Record<string, unknown>)[property] : undefined;
  } catch {
    return undefined;
  }
}
