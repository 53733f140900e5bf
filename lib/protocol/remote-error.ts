import {
  ChordError,
  ContentDisallowed,
  DecodeError,
  EncodeError,
  ImproperlyConfigured,
  InvalidTaskError,
  MaxRetriesExceededError,
  NotRegistered,
  Reject,
  RemoteTaskError,
  Retry,
  SoftTimeLimitExceeded,
  TaskForbidden,
  TaskRevokedError,
  TimeLimitExceeded,
  WorkerLostError,
} from '../errors/index.js';
import { isMap } from './json-map.js';
import { wireName, wireOf } from './wire-error.js';

/** A class that errors of a name are rebuilt with. */
export type ErrorConstructorOf = new (...args: never[]) => Error;

/** Classes of the application, by the name they travel under: see `wireName`. */
export type ErrorRegistry = ReadonlyMap<string, ErrorConstructorOf>;

const OURS: ErrorRegistry = errorRegistry([
  ChordError,
  ContentDisallowed,
  DecodeError,
  EncodeError,
  ImproperlyConfigured,
  InvalidTaskError,
  MaxRetriesExceededError,
  NotRegistered,
  Reject,
  Retry,
  SoftTimeLimitExceeded,
  TaskForbidden,
  TaskRevokedError,
  TimeLimitExceeded,
  WorkerLostError,
]);

/** Python builtins that mean exactly what JavaScript's class of that name does. */
const NATIVE: ErrorRegistry = new Map<string, ErrorConstructorOf>([
  ['builtins.TypeError', TypeError],
  ['builtins.SyntaxError', SyntaxError],
]);

/** A registry of these classes. */
export function errorRegistry(classes: Iterable<ErrorConstructorOf>): ErrorRegistry {
  return new Map([...classes].map((errorClass) => [wireName(errorClass), errorClass]));
}

/**
 * The error a stored failure tells of: of the registered class of that name, else of ours or JavaScript's, else a
 * `RemoteTaskError`. A rebuilt one has a `RemoteTaskError` as its cause, which keeps the names and the traceback. Names from the wire only
 * select from the registry; nothing is ever looked up by them elsewhere.
 * @param result the exception map; a text, a list or anything else of older writers will do
 */
export function fromWireError(result: unknown, traceback: string | null, registry: ErrorRegistry = new Map()): Error {
  const remote = readRemote(result, traceback);
  const name = `${remote.excModule}.${remote.excType}`;
  const errorClass = registry.get(name) ?? OURS.get(name) ?? NATIVE.get(name);
  if (errorClass === undefined) return remote;
  try {
    const rebuilt =
      wireOf(errorClass)?.from?.(remote.excArgs) ?? new errorClass(...(remote.excArgs as readonly never[]));
    if (!(rebuilt instanceof Error)) return remote;
    if (rebuilt.cause === undefined)
      Object.defineProperty(rebuilt, 'cause', { value: remote, writable: true, configurable: true });
    return rebuilt;
  } catch {
    return remote; // its constructor wants other arguments
  }
}

function readRemote(result: unknown, traceback: string | null): RemoteTaskError {
  if (!isMap(result)) return new RemoteTaskError('Exception', '', argsOf(result), traceback);
  const { exc_type: type, exc_message: message, exc_module: module } = result;
  const hasType = typeof type === 'string' && type !== '';
  return new RemoteTaskError(
    hasType ? type : 'Exception',
    typeof module === 'string' ? module : '',
    hasType || message !== undefined ? argsOf(message) : [result],
    traceback,
  );
}

function argsOf(message: unknown): readonly unknown[] {
  if (message === undefined || message === null) return [];
  return Array.isArray(message) ? message : [message];
}
