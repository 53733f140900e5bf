import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The logs that this sample brings along, seen from where this file is compiled to. */
const ownInput = fileURLToPath(new URL('../../../../sample/03-workflows/input', import.meta.url));

/**
 * Reads `[FILE…]`. npm changes into the folder of package.json and tells where it was called from.
 * @returns the paths of the files to report on
 * @throws an error that says what was expected
 */
export function readCommandLine(args: string[]): readonly string[] {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  if (positionals.length === 0) return readdirSync(ownInput).map((name) => join(ownInput, name));
  return positionals.map((given) => {
    const path = resolve(process.env['INIT_CWD'] ?? '.', given);
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Error(`There is no file "${path}"`);
    return path;
  });
}
