import { ControlCommandError } from '../errors/index.js';
import type { CommandArguments } from './command.interface.js';

export interface ControlCommandOptions {
  /** What it is called by. @defaultValue the name of the method */
  readonly name?: string;
}

type CommandDecorator = <M extends (args: never) => unknown>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/** Stable, so that the ESM and the CommonJS copy of this library read each other's decorators. */
const METADATA = Symbol.for('nest-task-queue:control-commands');
const NAME = /^[A-Za-z_][\w.-]*$/;

/**
 * Makes a method of a provider a command that workers of the application obey: `TaskControl.call('cache_size')`, `celery -A app control` of Python as well. It is
 * called with the arguments of the command by name, and what it returns is the reply. With `prefork` and `threads` it runs in one of the children.
 * @throws {ControlCommandError} for a name that cannot be one
 */
export function ControlCommand(options: ControlCommandOptions = {}): CommandDecorator {
  return (target, method) => {
    const context: unknown = method; // of ECMAScript's own decorators, an object
    const name = options.name ?? String(method);
    if (typeof context !== 'string' || typeof target === 'function') {
      throw new ControlCommandError(
        `@ControlCommand() stands on ${String((context as { name?: unknown } | undefined)?.name ?? method)}, but works on methods of ` +
          'instances alone, compiled with "experimentalDecorators".',
      );
    }
    if (!NAME.test(name)) {
      throw new ControlCommandError(
        `Expected the name of a command to be letters, digits, "_", "-" and ".", got ${JSON.stringify(name)} on ${method}().`,
      );
    }
    const own = Object.getOwnPropertyDescriptor(target, METADATA)?.value as Map<string, string> | undefined;
    const commands = own ?? new Map<string, string>();
    if (own === undefined) Object.defineProperty(target, METADATA, { value: commands });
    commands.set(name, method);
  };
}

/** The commands that a class declares or inherits: names to methods. */
export function readControlCommands(prototype: object): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const chain: object[] = [];
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null)
    chain.unshift(at);
  for (const each of chain) {
    const own = Object.getOwnPropertyDescriptor(each, METADATA)?.value as ReadonlyMap<string, string> | undefined;
    for (const [name, method] of own ?? []) found.set(name, method);
  }
  return found;
}

/** A command of the application, as a worker calls it. */
export type OwnCommand = (args: CommandArguments) => unknown;
