import type { Command } from 'commander';
import type { ControlCallOptions, ControlReplies } from '../../control/index.js';
import { parseDuration } from '../../time/index.js';
import { readQueues } from '../client/queue-names.js';
import { printJson, printLine, textOf } from '../client/print.js';
import { addSessionFlags } from '../client/session.js';
import { EXIT } from '../exit-codes.js';

/** Who is asked, and how the replies are printed. */
export interface ControlFlags {
  readonly timeout?: string;
  readonly destination?: string;
  readonly pattern?: string;
  readonly matcher?: string;
  readonly json?: boolean;
}

export function addControlFlags(command: Command): Command {
  return addSessionFlags(command)
    .option('-t, --timeout <duration>', 'how long to wait for replies, such as 5s (default: 1s)')
    .option('-d, --destination <names>', 'node names, with commas between them (default: everyone)')
    .option('-p, --pattern <pattern>', 'nodes whose names fit it, such as "w*@*"')
    .option('--matcher <kind>', 'how the pattern is read: glob or pcre');
}

/** @throws {InvalidOptionError} for a duration that is none */
export function callOptionsOf({ timeout, destination, pattern, matcher }: ControlFlags): ControlCallOptions {
  if (timeout !== undefined) parseDuration(timeout, '--timeout');
  return {
    ...(timeout !== undefined && { timeout }),
    ...(destination !== undefined && { destination: readQueues(destination) }),
    ...(pattern !== undefined && { pattern }),
    ...(matcher !== undefined && { matcher: matcher as 'glob' }),
  };
}

/** Prints what each node replied, and returns the exit code that says whether all agreed. */
export function printReplies({ replies, errors }: ControlReplies<unknown>, { json }: ControlFlags): number {
  const count = replies.size + errors.size;
  if (json === true) {
    const refusals = [...errors].map(([node, error]) => [node, { error }] as const);
    printJson(Object.fromEntries([...replies, ...refusals]));
  } else {
    for (const [node, reply] of replies) printReply(node, 'OK', reply);
    for (const [node, error] of errors) printReply(node, 'Error', error);
    if (count > 0) printLine(`\n${count === 1 ? '1 node' : `${count} nodes`} replied.`);
  }
  if (count === 0) {
    process.stderr.write(
      'No node has replied in time. Do workers run, on this broker and with this control.exchange?\n',
    );
    return EXIT.noAnswer;
  }
  return errors.size > 0 ? EXIT.failure : EXIT.ok;
}

function printReply(node: string, word: string, reply: unknown): void {
  printLine(`->  ${node}: ${word}`);
  const isNothing = reply === undefined || reply === null || (Array.isArray(reply) && reply.length === 0);
  if (Array.isArray(reply) && reply.length === 0) printLine('    - empty -');
  if (!isNothing) printLine(textOf(reply).replace(/^/gm, '    '));
}
