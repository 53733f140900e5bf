import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { callCommand } from './client/call.command.js';
import { listCommand } from './client/list.command.js';
import { purgeCommand } from './client/purge.command.js';
import { resultCommand } from './client/result.command.js';
import type { CommandContext } from './command-context.js';
import { controlCommand, inspectCommand, statusCommand } from './control/control.commands.js';
import { eventsCommand } from './control/events.command.js';
import { EXIT } from './exit-codes.js';
import { multiCommand } from './multi/multi.command.js';
import { reportError } from './report-error.js';
import { workerCommand } from './worker/worker.command.js';

/**
 * Runs the command `task-queue`.
 * @param args what follows the command's name
 * @param binFile the file that runs as the command, in `dist/<build>/cli` of the package
 * @returns the exit code
 */
export async function runCommandLine(args: readonly string[], binFile: string): Promise<number> {
  const packageFolder = path.resolve(path.dirname(binFile), '../../..');
  const exit: { code: number } = { code: EXIT.ok };
  const program = programOf({ binFile, packageFolder, exit });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exit.code;
  } catch (error) {
    return reportError(error, `task-queue ${nameOf(program, args)}`.trim());
  }
}

function programOf(context: CommandContext): Command {
  const program = new Command('task-queue')
    .description('Workers and queues of nest-task-queue')
    .version(versionIn(context.packageFolder))
    .showSuggestionAfterError();
  const makers = [
    ...[workerCommand, multiCommand],
    ...[callCommand, resultCommand, purgeCommand, listCommand],
    ...[statusCommand, inspectCommand, controlCommand, eventsCommand],
  ];
  for (const make of makers) program.addCommand(make(context));
  inherit(program, program.name());
  return program;
}

/** No command ends the process by itself. */
function inherit(command: Command, name: string): void {
  command.exitOverride().showHelpAfterError(`See ${name} --help.`);
  for (const each of command.commands) inherit(each.copyInheritedSettings(command), `${name} ${each.name()}`);
}

/** The subcommand that was meant, for what is said of an error. */
function nameOf(program: Command, args: readonly string[]): string {
  return program.commands.find((command) => command.name() === args[0])?.name() ?? '';
}

function versionIn(packageFolder: string): string {
  const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  return version;
}
