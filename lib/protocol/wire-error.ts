import { types } from 'node:util';
import { OWN_MODULE, RemoteTaskError } from '../errors/index.js';
import { pythonRepr } from './python-repr.js';
import type { WireError } from './result.js';
import { formatTraceback, formatTracebackOf } from './traceback.js';

/** Classes of JavaScript by the Python builtin that means the same. A subclass has a name of its own. */
const NATIVE: ReadonlyMap<string, string> = new Map([
  ['Error', 'Exception'],
  ['AggregateError', 'Exception'],
  ['EvalError', 'Exception'],
  ['TypeError', 'TypeError'],
  ['RangeError', 'ValueError'],
  ['URIError', 'ValueError'],
  ['SyntaxError', 'SyntaxError'],
  ['ReferenceError', 'NameError'],
]);

/** Codes of system errors that have a builtin of their own in Python; any other is an `OSError`. */
const SYSTEM: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'FileNotFoundError'],
  ['EEXIST', 'FileExistsError'],
  ['EACCES', 'PermissionError'],
  ['EPERM', 'PermissionError'],
  ['EISDIR', 'IsADirectoryError'],
  ['ENOTDIR', 'NotADirectoryError'],
  ['ECONNREFUSED', 'ConnectionRefusedError'],
  ['ECONNRESET', 'ConnectionResetError'],
  ['ECONNABORTED', 'ConnectionAbortedError'],
  ['EPIPE', 'BrokenPipeError'],
  ['ETIMEDOUT', 'TimeoutError'],
]);

/** An error and its stack in the form results carry. */
export interface WireFailure extends WireError {
  readonly traceback: string;
}

type Encode = (value: unknown) => unknown;

/**
 * What is thrown, in the form results carry: a class with `static wire` by that name, a native one by Python's builtin, any other by
 * its class's name. Never throws, whatever it is given.
 * @param encode throws for arguments that cannot be sent; those become their representation
 */
export function toWireError(error: unknown, encode: Encode = JSON.stringify): WireFailure {
  try {
    if (isError(error)) {
      return {
        ...namesOf(error),
        excMessage: argsOf(error, encode),
        traceback: formatTraceback(error, describeThrown),
      };
    }
  } catch {
    // falls through: one whose every property throws is shown as what it is, an object
  }
  const excMessage = [typeof error === 'string' ? error : pythonRepr(error)];
  const line = `Exception: ${String(excMessage[0])} was thrown, which is not an Error`;
  return { excType: 'Exception', excModule: 'builtins', excMessage, traceback: formatTracebackOf(line) };
}

/** The map that is stored as a failed task's result. @source celery/backends/base.py `prepare_exception` */
export function exceptionMap({ excType, excMessage, excModule }: WireError): Readonly<Record<string, unknown>> {
  return { exc_type: excType, exc_message: excMessage, exc_module: excModule };
}

/** An error as Python shows it, such as `ValueError('no', 1)`, for events and logs. Never throws. */
export function exceptionRepr({ excType, excMessage }: WireError): string {
  return `${excType}(${excMessage.map(pythonRepr).join(', ')})`;
}

/** The name under which a class travels, and is found again: `module.type`. */
export function wireName(errorClass: abstract new (...args: never[]) => Error): string {
  const wire = wireOf(errorClass);
  return wire === undefined ? `${OWN_MODULE}.${errorClass.name}` : `${wire.module}.${wire.type}`;
}

/** What a class says of itself in `static wire`. */
export function wireOf(errorClass: unknown): UnknownWire | undefined {
  const wire: unknown = typeof errorClass === 'function' ? (errorClass as { wire?: unknown }).wire : undefined;
  return isWire(wire) ? wire : undefined;
}

/** `WireClass` as it is found on a class nothing is known of. */
export interface UnknownWire {
  readonly type: string;
  readonly module: string;
  readonly args?: (error: Error) => unknown;
  readonly from?: (args: readonly unknown[]) => unknown;
}

function isWire(value: unknown): value is UnknownWire {
  if (typeof value !== 'object' || value === null) return false;
  const { type, module } = value as { type?: unknown; module?: unknown };
  return typeof type === 'string' && typeof module === 'string';
}

function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

function namesOf(error: Error): { readonly excType: string; readonly excModule: string } {
  if (error instanceof RemoteTaskError) return { excType: error.excType, excModule: error.excModule || OWN_MODULE };
  const wire = wireOf(error.constructor);
  if (wire !== undefined) return { excType: wire.type, excModule: wire.module };

  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  const className = String(error.constructor?.name ?? 'Error');
  if (
    typeof code === 'string' &&
    typeof syscall === 'string' &&
    (className === 'Error' || className === 'SystemError')
  ) {
    return { excType: SYSTEM.get(code) ?? 'OSError', excModule: 'builtins' };
  }
  const native = NATIVE.get(className);
  const { name } = error as { name?: unknown };
  const renamable = native !== undefined || className === 'DOMException';
  if (renamable && name !== className && typeof name === 'string' && /^[A-Za-z_]\w*$/.test(name)) {
    return { excType: name, excModule: name === 'TimeoutError' ? 'builtins' : OWN_MODULE };
  }
  return native === undefined
    ? { excType: className || 'Error', excModule: OWN_MODULE }
    : { excType: native, excModule: 'builtins' };
}

function argsOf(error: Error, encode: Encode): readonly unknown[] {
  const args = error instanceof RemoteTaskError ? error.excArgs : (ownArgs(error) ?? [String(error.message)]);
  return args.map((arg) => {
    if (typeof arg === 'string' || arg === null || typeof arg === 'boolean') return arg;
    try {
      encode(arg);
      return arg ?? null;
    } catch {
      return pythonRepr(arg);
    }
  });
}

function ownArgs(error: Error): readonly unknown[] | undefined {
  try {
    const args = wireOf(error.constructor)?.args?.(error);
    return Array.isArray(args) ? args : undefined;
  } catch {
    return undefined;
  }
}

/** One line that names an error, as the last one of a traceback. Never throws. */
export function describeThrown(error: unknown): string {
  try {
    if (!isError(error)) return `Exception: ${typeof error === 'string' ? error : pythonRepr(error)}`;
    const { message } = error as { message?: unknown };
    const shown = wireOf(error.constructor)?.type ?? nameOf(error);
    return typeof message === 'string' && message !== '' ? `${shown}: ${message}` : shown;
  } catch {
    return 'Exception: <unrepresentable>';
  }
}

/** A class that does not set `name` inherits `Error`, or that of another native one: then its own says more. */
function nameOf(error: object): string {
  const { name } = error as { name?: unknown };
  const ownClass: unknown = error.constructor.name;
  const isInherited = name === undefined || NATIVE_NAMES.has(name);
  if (isInherited && typeof ownClass === 'string' && ownClass !== '') return ownClass;
  return typeof name === 'string' && name !== '' ? name : 'Error';
}

const NATIVE_NAMES: ReadonlySet<unknown> = new Set(['Error', 'TypeError', 'RangeError', 'SyntaxError']);
