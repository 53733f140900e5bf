import { constants } from 'node:os';
import { InvalidOptionError } from '../errors/index.js';

/** Signals by which a running task can be ended. */
export type TerminationSignal = 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGABRT';

const SIGNALS: readonly TerminationSignal[] = ['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGABRT'];

/**
 * A signal by its name, with or without `SIG`, or its number. Those that do not end a process are refused: Node would open its debugger on SIGUSR1.
 * @defaultValue 'SIGTERM'
 * @throws {InvalidOptionError} for any other
 * @source billiard/common.py `signum`
 */
export function resolveTerminationSignal(given: string | number | undefined, option = 'signal'): TerminationSignal {
  if (given === undefined) return 'SIGTERM';
  const name = String(given).toUpperCase();
  const found = SIGNALS.find(
    (signal) => signal === name || signal === `SIG${name}` || constants.signals[signal] === Number(given),
  );
  if (found === undefined) throw new InvalidOptionError(option, `one of ${SIGNALS.join(', ')}`, given);
  return found;
}

/** The number it has on this system, as Celery's events tell it. */
export function signalNumber(signal: TerminationSignal): number {
  return constants.signals[signal];
}
