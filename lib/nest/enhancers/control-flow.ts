/** Codes of the errors by which a body says what becomes of its message: no failures, so no filter may see them. */
const CONTROL_FLOW: ReadonlySet<unknown> = new Set(['TQ_RETRY', 'TQ_IGNORE', 'TQ_REJECT']);

/** Told by the code, since the error may come from another copy of this package. */
export function isControlFlow(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && CONTROL_FLOW.has(error.code);
}
