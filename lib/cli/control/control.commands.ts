import { Command } from 'commander';
import type { ControlCallOptions, ControlReplies, TaskControl } from '../../control/index.js';
import { CommandUsageError, nearestName } from '../../errors/index.js';
import { withSession } from '../client/session.js';
import { printLine } from '../client/print.js';
import type { CommandContext } from '../command-context.js';
import { EXIT } from '../exit-codes.js';
import { asUsage } from '../report-error.js';
import { addControlFlags, callOptionsOf, printReplies, type ControlFlags } from './control-flags.js';
import { CONTROL_COMMANDS, INSPECT_COMMANDS, type RemoteCommand } from './remote-commands.js';

type Flags = ControlFlags & { readonly kwargs?: string };

/** `task-queue inspect`: what workers tell of themselves. */
export function inspectCommand(context: CommandContext): Command {
  return remoteCommand('inspect', 'ask workers, of this library and of Python', INSPECT_COMMANDS, context);
}

/** `task-queue control`: what workers are to do. */
export function controlCommand(context: CommandContext): Command {
  return remoteCommand('control', 'command workers, of this library and of Python', CONTROL_COMMANDS, context);
}

/** `task-queue status`: who is there. */
export function statusCommand({ exit, packageFolder }: CommandContext): Command {
  const command = addControlFlags(new Command('status').description('print the nodes that are there'));
  return command.action(async (flags: ControlFlags) => {
    const options = asUsage(() => callOptionsOf(flags));
    const found = await withSession(command, packageFolder, ({ host }) => host.control.inspect.ping(options));
    if (flags.json === true || found.replies.size === 0) exit.code = printReplies(found, flags);
    else {
      for (const node of [...found.replies.keys()].sort()) printLine(`${node}: OK`);
      printLine(`\n${found.replies.size === 1 ? '1 node' : `${found.replies.size} nodes`} online.`);
    }
  });
}

function remoteCommand(
  name: string,
  says: string,
  known: Readonly<Record<string, RemoteCommand>>,
  { exit, packageFolder }: CommandContext,
): Command {
  const command = addControlFlags(new Command(name).description(says))
    .argument('<command>', 'see below')
    .argument('[words...]', 'what it takes')
    .option('-k, --kwargs <json>', 'arguments by name, a JSON object: for commands of your own, too')
    .addHelpText('after', helpOf(known));
  return command.action(async (wanted: string, words: readonly string[], flags: Flags) => {
    const args = asUsage(() => argumentsOf(wanted, words, flags, known));
    const options = asUsage(() => callOptionsOf(flags));
    const found = await withSession(command, packageFolder, ({ host }) =>
      wanted === 'shutdown' && name === 'control'
        ? shutDown(host.control, options)
        : host.control.call(wanted, args, options),
    );
    exit.code = printReplies(found, flags);
    if (exit.code === EXIT.ok && wanted === 'shutdown' && flags.json !== true)
      printLine('They end when what they run has.');
  });
}

function argumentsOf(
  wanted: string,
  words: readonly string[],
  { kwargs }: Flags,
  known: Readonly<Record<string, RemoteCommand>>,
): Readonly<Record<string, unknown>> {
  const given = kwargs === undefined ? undefined : jsonObjectOf(kwargs);
  const command = Object.hasOwn(known, wanted) ? known[wanted] : undefined;
  if (given !== undefined && (command === undefined || words.length === 0)) return given;
  if (command !== undefined) return { ...command.argsOf(words), ...given };
  const nearest = nearestName(wanted, Object.keys(known));
  throw new CommandUsageError(
    `There is no command "${wanted}"${nearest === undefined ? '.' : `; did you mean "${nearest}"?`} One of your own is called with its arguments by name: ${wanted} -k '{}'.`,
  );
}

/** Workers that end do not reply: who hears of it is asked first. */
async function shutDown(control: TaskControl, options: ControlCallOptions): Promise<ControlReplies<string>> {
  const there = await control.inspect.ping(options);
  if (there.replies.size > 0) await control.shutdown({ destination: [...there.replies.keys()] });
  return there;
}

function jsonObjectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new CommandUsageError(`--kwargs has to be a JSON object such as '{"n": 2}', got ${text}.`);
}

function helpOf(known: Readonly<Record<string, RemoteCommand>>): string {
  const lines = Object.entries(known).map(([name, { usage, says }]) => {
    const head = `  ${name} ${usage}`;
    return head.length < 36 ? `${head.padEnd(36)}${says}` : `${head}\n${' '.repeat(36)}${says}`;
  });
  return `\nCommands:\n${lines.join('\n')}\n\nEnds with 1 when a worker refuses, 69 when none replies.`;
}
