import { Command } from 'commander';
import type { AsyncResult } from '../../client/index.js';
import { ResultTimeoutError } from '../../errors/index.js';
import { parseDuration } from '../../time/index.js';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { asUsage } from '../report-error.js';
import { printJson, printLine, textOf } from './print.js';
import { addSessionFlags, withSession } from './session.js';

/** How a result is waited for and printed. */
export interface ResultFlags {
  readonly timeout?: string;
  readonly traceback?: boolean;
  readonly json?: boolean;
}

export function addWaitFlags(command: Command): Command {
  return command
    .option('--timeout <duration>', 'how long to wait, such as 10s (default: until there is a result)')
    .option('--traceback', 'print the traceback of a failure');
}

/** `task-queue result`: what became of a task. */
export function resultCommand({ exit, packageFolder }: CommandContext): Command {
  const command = new Command('result')
    .description('print what became of a task: 0 for a success, 1 for a failure, 69 while there is no result')
    .argument('<id>', 'id of the task')
    .option('--wait', 'wait until there is a result');
  addWaitFlags(addSessionFlags(command));
  return command.action(async (id: string, flags: ResultFlags & { readonly wait?: boolean }) => {
    if (flags.timeout !== undefined) asUsage(() => parseDuration(flags.timeout as string, '--timeout'));
    exit.code = await withSession(command, packageFolder, ({ client }) =>
      printOutcome(client.result(id), flags, flags.wait === true || flags.timeout !== undefined),
    );
  });
}

/** Prints the state and value of a result, and returns the exit code that says which it is. */
export async function printOutcome(
  result: AsyncResult<unknown>,
  { timeout, traceback, json }: ResultFlags,
  waits: boolean,
): Promise<number> {
  if (waits) await waitFor(result, timeout);
  const [meta, info] = [await result.meta(), await result.info()];
  const state = meta?.status ?? 'PENDING';
  const isReady = await result.ready();
  if (json === true) {
    const { children, dateDoneMs, worker, retries, queue } = meta ?? {};
    const doneAt = dateDoneMs === undefined ? undefined : new Date(dateDoneMs);
    const about = { worker, retries, queue, doneAt, children, traceback: meta?.traceback ?? undefined };
    printJson({ id: result.id, state, [state === 'SUCCESS' || !isReady ? 'result' : 'error']: info ?? null, ...about });
  } else if (state === 'SUCCESS') printLine(textOf(info));
  else
    printLine(
      info instanceof Error ? `${state} ${info.message}` : `${state} ${info === undefined ? '' : textOf(info)}`.trim(),
    );
  if (traceback === true && json !== true && meta?.traceback) printLine(meta.traceback.trimEnd());
  if (!isReady) return EXIT.noAnswer;
  return state === 'SUCCESS' ? EXIT.ok : EXIT.failure;
}

async function waitFor(result: AsyncResult<unknown>, timeout: string | undefined): Promise<void> {
  try {
    await result.get({ propagate: false, ...(timeout !== undefined && { timeout }) });
  } catch (error) {
    if (!(error instanceof ResultTimeoutError)) throw error;
  }
}
