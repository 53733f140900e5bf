import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const SKIPPED = new Set(['node_modules', 'dist']);

/** All regular files below a directory, sorted; hidden ones, `node_modules` and `dist` are left out. */
export async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !name.startsWith('.') && !SKIPPED.has(name))
      .map(async (entry) => {
        const path = join(resolve(directory), entry.name);
        if (entry.isDirectory()) return listFiles(path);
        return entry.isFile() ? [path] : [];
      }),
  );
  return found.flat().sort();
}
