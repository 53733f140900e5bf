import { Option, type Command } from 'commander';
import { CommandUsageError } from '../../errors/index.js';

const VARIABLE = 'TASK_QUEUE_APP';

/** Adds `-A`. */
export function addApplicationFlag(command: Command): Command {
  return command.addOption(
    new Option(
      '-A, --app <file>',
      'file of a Nest module (its default or only one; file#Export chooses), or a worker file',
    ).env(VARIABLE),
  );
}

/**
 * @param otherwise what else could be given
 * @throws {CommandUsageError} when no application is named
 */
export function applicationOf({ app }: Readonly<Record<string, unknown>>, otherwise = ''): string {
  if (typeof app === 'string' && app !== '') return app;
  throw new CommandUsageError(
    `No application is named: give -A and the built file of a Nest module, such as -A dist/app.module.js, or set ${VARIABLE}.${otherwise}`,
  );
}
