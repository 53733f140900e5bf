import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { EntryNotFoundError } from '../../errors/index.js';

/** What Node adds when it is started with a path that does not exist as it is, and what TypeScript loaders add. */
const ENDINGS = [
  '',
  '.js',
  '.mjs',
  '.cjs',
  '.ts',
  '.mts',
  '.cts',
  '/index.js',
  '/index.mjs',
  '/index.cjs',
  '/index.ts',
];

/**
 * The file that children run.
 * @param entry a path, absolute or from the working directory, with or without its extension, or a file URL; by default the file this process was started with
 * @throws {EntryNotFoundError} when there is none
 */
export function resolveEntry(entry: string | URL | undefined, started: string | undefined = process.argv[1]): string {
  const given = entry ?? started;
  if (given === undefined || given === '') throw new EntryNotFoundError(undefined);
  const path = resolve(String(given).startsWith('file:') ? fileURLToPath(given) : String(given));
  const found = ENDINGS.map((ending) => path + ending).find((file) =>
    statSync(file, { throwIfNoEntry: false })?.isFile(),
  );
  if (found === undefined) throw new EntryNotFoundError(path);
  return found;
}

/**
 * Node's own flags for a child process: the parent's, without those that only one process can have (a debugger's port, `--watch`) or that name another program (`--eval`, `--test`).
 */
export function childFlags(flags: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i] as string;
    if (/^(-e|-p|-pe|--eval|--print)$/.test(flag)) i++;
    else if (!/^(--inspect|--watch|--test($|-)|-i$|--interactive$|--eval=|--print=|-c$|--check$)/.test(flag))
      kept.push(flag);
  }
  return kept;
}
