import { constants } from 'node:os';
import type { Option } from 'commander';
import { CommandUsageError, nearestName } from '../../errors/index.js';

/** A flag for all workers, or for some: `-c 2`, `-Q:w1 important`, `--queues:w1,w2=mail`. */
export interface NodeFlag {
  /** As the worker's own command knows it, with its dashes. */
  readonly long: string;
  readonly value: string | undefined;
  /** Names, numbers or ranges of the workers that it is for; `undefined` for all. */
  readonly only: string | undefined;
}

/** What stands after `multi start` and the others. */
export interface NodeWords {
  /** Of the workers, as they were written. */
  readonly names: readonly string[];
  readonly flags: readonly NodeFlag[];
  /** Of `-TERM`, `-9`. */
  readonly signal: NodeJS.Signals | undefined;
}

/**
 * Reads the words of a command for several workers, as Celery's does, but with the knowledge of which flags take a value.
 * @throws {CommandUsageError} for a flag that no worker has, or one without its value
 */
export function readNodeWords(words: readonly string[], known: readonly Option[]): NodeWords {
  const names: string[] = [];
  const flags: NodeFlag[] = [];
  let signal: NodeJS.Signals | undefined;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const sent = signalOf(word);
    if (!word.startsWith('-') || word === '-') names.push(word);
    else if (sent !== undefined) signal = sent;
    else {
      const { flag, only, value } = split(word);
      const option = find(flag, word, known);
      const long = option.long as string;
      if (!option.required) flags.push({ long, value: undefined, only });
      else {
        const given = value ?? words[++at];
        if (given === undefined) throw new CommandUsageError(`Flag ${word} needs a value: ${option.flags}.`);
        flags.push({ long, value: given, only });
      }
    }
  }
  return { names, flags, signal };
}

/** `-Q:w1`, `--queues:w1=mail`, `-c2` is not one. */
function split(word: string): { flag: string; only: string | undefined; value: string | undefined } {
  const [, flag = word, only, value] = /^(--?[A-Za-z][A-Za-z-]*)(?::([^=]+))?(?:=(.*))?$/s.exec(word) ?? [];
  return { flag, only, value };
}

function find(flag: string, word: string, known: readonly Option[]): Option {
  const option = known.find(({ long, short }) => flag === long || flag === short);
  if (option !== undefined) return option;
  const nearest = nearestName(
    flag,
    known.flatMap(({ long }) => long ?? []),
  );
  throw new CommandUsageError(
    `Unknown flag ${word}${nearest === undefined ? '; flags are those of "task-queue worker", and of multi itself' : `; did you mean ${nearest}?`}`,
  );
}

function signalOf(word: string): NodeJS.Signals | undefined {
  const [, text] = /^-((?:SIG)?[A-Z]{2,}\d?|\d+)$/.exec(word) ?? [];
  if (text === undefined) return undefined;
  const names = Object.keys(constants.signals) as NodeJS.Signals[];
  return names.find((name) => name === text || name === `SIG${text}` || String(constants.signals[name]) === text);
}
