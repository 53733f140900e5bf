import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CommandContext } from './command-context.js';
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
  const program = programOf({ binFile, packageFolder });
  try {
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return reportError(error, `task-queue ${nameOf(program, args)}`.trim());
  }
}

function programOf(context: CommandContext): Command {
  const program = new Command('task-queue')
    .description('Workers and queues of nest-task-queue')
    .version(versionIn(context.packageFolder))
    .showSuggestionAfterError()
    .showHelpAfterError('See --help.');
  for (const command of [workerCommand(context), multiCommand(context)]) program.addCommand(command);
  inherit(program);
  return program;
}

/** No command ends the process by itself. */
function inherit(command: Command): void {
  command.exitOverride();
  for (const each of command.commands) inherit(each.copyInheritedSettings(command));
}

/** The subcommand that was meant, for what is said of an error. */
function nameOf(program: Command, args: readonly string[]): string {
  return program.commands.find((command) => command.name() === args[0])?.name() ?? '';
}

function versionIn(packageFolder: string): string {
  const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  return version;
}
