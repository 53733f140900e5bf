import { Command } from 'commander';
import { createInterface } from 'node:readline/promises';
import { CommandUsageError } from '../../errors/index.js';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { printJson, printLine } from './print.js';
import { queuesOf, readQueues } from './queue-names.js';
import { addSessionFlags, withSession } from './session.js';

interface PurgeFlags {
  readonly queues?: string;
  readonly excludeQueues?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `task-queue purge`: deletes what waits. */
export function purgeCommand({ exit, packageFolder }: CommandContext): Command {
  const command = new Command('purge')
    .description('delete the messages that wait in queues, for good; what workers hold goes on')
    .option('-Q, --queues <names>', 'these queues (default: all that the application names)')
    .option('-X, --exclude-queues <names>', 'all but these')
    .option('-f, --force', 'do not ask');
  addSessionFlags(command);
  return command.action(async (flags: PurgeFlags) => {
    exit.code = await withSession(command, packageFolder, async (session) => {
      const excluded = readQueues(flags.excludeQueues ?? '');
      const chosen = flags.queues === undefined ? queuesOf(session) : readQueues(flags.queues);
      const queues = chosen.filter((name) => !excluded.includes(name));
      if (queues.length === 0) throw new CommandUsageError('No queue is left to purge.');
      if (flags.force !== true && !(await isSure(queues))) return EXIT.failure;
      const purged: Record<string, number> = {};
      for (const queue of queues) purged[queue] = await session.client.queues.purge(queue);
      if (flags.json === true) printJson({ purged });
      else for (const [queue, count] of Object.entries(purged)) printLine(`${queue}: ${count} deleted`);
      return EXIT.ok;
    });
  });
}

async function isSure(queues: readonly string[]): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CommandUsageError('Nobody can be asked whether to delete messages for good: give -f to do it.');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Delete all that waits in ${queues.join(', ')}, for good? (yes/no) `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
