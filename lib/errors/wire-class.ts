/**
 * How an error class is named in results, so that a client in another language or process can rebuild it.
 * Declared as `static readonly wire` on the class.
 */
export interface WireClass<E = never> {
  /** Class name, such as `ValueError`. */
  readonly type: string;
  /** Python module of the class, such as `builtins` or `proj.errors`. */
  readonly module: string;
  /** The constructor's arguments of an error. @defaultValue its message alone */
  readonly args?: (error: E) => readonly unknown[];
  /** Makes an error from such arguments. @defaultValue `new` with the arguments as they are */
  readonly from?: (args: readonly unknown[]) => Error;
}

/** Module of errors that no Python module declares. */
export const OWN_MODULE = 'nest_task_queue';

/** The first argument as text, for constructors that take one. */
export function firstText(args: readonly unknown[], fallback: string): string {
  const [first] = args;
  if (typeof first === 'string') return first;
  return first === undefined || first === null ? fallback : String(first);
}
