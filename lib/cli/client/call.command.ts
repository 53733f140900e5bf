import { Command } from 'commander';
import type { ApplyAsyncOptions, AsyncResult } from '../../client/index.js';
import { CommandUsageError, nearestName } from '../../errors/index.js';
import { checkPriority } from '../../options/index.js';
import { parseDuration } from '../../time/index.js';
import type { CommandContext } from '../command-context.js';
import { asUsage } from '../report-error.js';
import { printJson, printLine } from './print.js';
import { addWaitFlags, printOutcome } from './result.command.js';
import { addSessionFlags, withSession, type Session } from './session.js';

interface CallFlags {
  readonly args?: string;
  readonly kwargs?: string;
  readonly eta?: string;
  readonly countdown?: string;
  readonly expires?: string;
  readonly queue?: string;
  readonly priority?: string;
  readonly taskId?: string;
  readonly wait?: boolean;
  readonly timeout?: string;
  readonly traceback?: boolean;
  readonly json?: boolean;
}

/** `task-queue call`: sends a task by its name. */
export function callCommand({ exit, packageFolder }: CommandContext): Command {
  const command = new Command('call')
    .description('send a task by its name')
    .argument(
      '<task>',
      'name of the task; one that only other applications have, such as a Python one, is sent as well',
    )
    .option('-a, --args <json>', 'arguments, a JSON array')
    .option('-k, --kwargs <json>', 'arguments by name, a JSON object')
    .option('--countdown <duration>', 'run it after that time, such as 30s')
    .option('--eta <date>', 'run it at that time, such as 2026-11-23T18:00:00Z')
    .option('--expires <when>', 'forget it after that time or date')
    .option('-Q, --queue <name>', 'queue')
    .option('--priority <0-9>', 'higher is more urgent')
    .option('--task-id <id>', 'id (default: a new one)')
    .option('--wait', 'wait for its result, and print that');
  addWaitFlags(addSessionFlags(command));
  return command.action(async (task: string, flags: CallFlags) => {
    const args = jsonOf(flags.args ?? '[]', '--args', 'an array, such as "[2, 3]"', Array.isArray) as unknown[];
    const options = asUsage(() => optionsOf(flags));
    exit.code = await withSession(command, packageFolder, async (session) => {
      warnOfUnknown(task, session);
      const result = await session.client.send(task, args, options);
      if (flags.wait === true) return printOutcome(result as AsyncResult<unknown>, flags, true);
      if (flags.json === true) printJson({ id: result.id });
      else printLine(result.id);
      return 0;
    });
  });
}

function optionsOf(flags: CallFlags): ApplyAsyncOptions {
  const { countdown, eta, expires, queue, priority, taskId, kwargs } = flags;
  if (countdown !== undefined) parseDuration(countdown, '--countdown');
  const isDate = expires !== undefined && /^\d{4}-/.test(expires);
  if (expires !== undefined && !isDate) parseDuration(expires, '--expires');
  return {
    ...(kwargs !== undefined && {
      kwargs: jsonOf(kwargs, '--kwargs', 'an object, such as \'{"to": "a@b.c"}\'', isRecord) as Record<string, unknown>,
    }),
    ...(countdown !== undefined && { countdown }),
    ...(eta !== undefined && { eta: dateOf(eta, '--eta') }),
    ...(expires !== undefined && { expires: isDate ? dateOf(expires, '--expires') : expires }),
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority: checkPriority(Number(priority), '--priority') as number }),
    ...(taskId !== undefined && { taskId }),
  };
}

/** It may be a task of another application, so it is sent all the same. */
function warnOfUnknown(task: string, { host, hasApplication }: Session): void {
  if (!hasApplication || host.catalog.get(task) !== undefined) return;
  const nearest = nearestName(task, host.catalog.names());
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  process.stderr.write(
    `The application declares no task "${task}"${hint || ', so its own workers will not know it.'}\n`,
  );
}

function jsonOf(text: string, flag: string, expected: string, isRight: (value: unknown) => boolean): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CommandUsageError(`${flag} has to be JSON, ${expected}: ${(error as Error).message}`, { cause: error });
  }
  if (!isRight(value)) throw new CommandUsageError(`${flag} has to be ${expected}, got ${text}.`);
  return value;
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function dateOf(text: string, flag: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) {
    throw new CommandUsageError(`${flag} has to be a date such as 2026-11-23T18:00:00Z, got ${text}.`);
  }
  return date;
}
