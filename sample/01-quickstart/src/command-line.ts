import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface CommandLine {
  /** What the first report is of. */
  readonly directory: string;
  /** Whether the first report is all there is to do. */
  readonly exits: boolean;
}

/**
 * Reads `[--exit] [DIRECTORY]`. npm changes into the folder of package.json and tells where it was called from.
 * @throws an error that says what was expected
 */
export function readCommandLine(args: string[]): CommandLine {
  const { values, positionals } = parseArgs({ args, options: { exit: { type: 'boolean' } }, allowPositionals: true });
  const [given, ...more] = positionals;
  if (more.length > 0) throw new Error(`Expected one directory, got ${positionals.length}: ${positionals.join(', ')}`);
  const directory = given === undefined ? process.cwd() : resolve(process.env['INIT_CWD'] ?? '.', given);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`There is no directory "${directory}"`);
  }
  return { directory, exits: values.exit ?? false };
}
