import { CommanderError } from 'commander';
import {
  ApplicationFileError,
  CommandUsageError,
  InvalidOptionError,
  TaskQueueError,
  UnknownOptionError,
} from '../errors/index.js';
import { EXIT } from './exit-codes.js';

/**
 * Runs what reads a command line: an option that it refuses was said there, not in the application.
 * @throws {CommandUsageError} for what cannot be used
 */
export function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidOptionError || error instanceof UnknownOptionError)) throw error;
    throw new CommandUsageError(error.message, { cause: error });
  }
}

/** Says on standard error what went wrong, and returns the exit code. */
export function reportError(error: unknown, command: string): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // it has said so itself
  const isUsage = error instanceof CommandUsageError || error instanceof ApplicationFileError;
  process.stderr.write(`${command}: ${textOf(error)}\n`);
  if (isUsage) process.stderr.write(`See ${command} --help.\n`);
  return isUsage ? EXIT.usage : EXIT.failure;
}

function textOf(error: unknown): string {
  if (error instanceof TaskQueueError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
