import { pythonRepr } from '../protocol/index.js';
import type { CommandArguments, ObeyedCommand } from './command.interface.js';
import type { ControlledNode } from './controlled-node.interface.js';
import { PythonError } from './python-error.js';

/** The commands of a node, by their names. */
export class CommandRegistry {
  private readonly byName = new Map<string, ObeyedCommand>();

  constructor(commands: readonly ObeyedCommand[]) {
    for (const command of commands) {
      this.byName.set(command.name, command);
      if (command.alias !== undefined) this.byName.set(command.alias, command);
    }
  }

  /** @throws {PythonError} for an unknown command, or wrong arguments; what the command throws */
  run(method: string, args: CommandArguments, node: ControlledNode): unknown {
    const command = this.byName.get(method);
    if (command === undefined) throw new PythonError('KeyError', method);
    checkArguments(command, args);
    return command.run(node, args);
  }
}

/** As Python refuses a call. */
function checkArguments({ name, required = [], optional = [], isStrict }: ObeyedCommand, args: CommandArguments): void {
  const unknown = isStrict === true && Object.keys(args).find((key) => ![...required, ...optional].includes(key));
  if (unknown !== false && unknown !== undefined) {
    throw new PythonError('TypeError', `${name}() got an unexpected keyword argument ${pythonRepr(unknown)}`);
  }
  const missing = required.filter((key) => !Object.hasOwn(args, key)).map((key) => pythonRepr(key));
  if (missing.length === 0) return;
  const count = `${missing.length} required positional argument${missing.length === 1 ? '' : 's'}`;
  throw new PythonError('TypeError', `${name}() missing ${count}: ${listOf(missing)}`);
}

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`. */
function listOf(names: readonly string[]): string {
  if (names.length < 3) return names.join(' and ');
  return `${names.slice(0, -1).join(', ')}, and ${names.at(-1)}`;
}
