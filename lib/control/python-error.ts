import { pythonRepr, toWireError } from '../protocol/index.js';

/** An error that a Python worker would have thrown, for those who read replies. */
export class PythonError extends Error {
  /** @param type such as `TypeError` */
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

/** What Python writes of an error into a reply: `ValueError('Autoscale not enabled')`. */
export function errorRepr(error: unknown): string {
  if (error instanceof PythonError) return `${error.type}(${pythonRepr(error.message)})`;
  const { excType: type } = toWireError(error);
  return `${type}(${pythonRepr(error instanceof Error ? error.message : String(error))})`;
}
