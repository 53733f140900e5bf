import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage']);

export interface Listing {
  /** All regular files, sorted. */
  readonly files: readonly string[];
  /** Folders that were not looked into: hidden ones, and what is installed or built. */
  readonly leftOut: readonly string[];
}

/** What is below a directory; links are not followed. */
export async function listFiles(directory: string): Promise<Listing> {
  const files: string[] = [];
  const leftOut: string[] = [];
  const toVisit = [directory];
  for (let folder = toVisit.pop(); folder !== undefined; folder = toVisit.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isFile()) files.push(path);
      else if (entry.isDirectory()) (isLeftOut(entry.name) ? leftOut : toVisit).push(path);
    }
  }
  return { files: files.sort(), leftOut: leftOut.sort() };
}

function isLeftOut(name: string): boolean {
  return name.startsWith('.') || LEFT_OUT.has(name);
}
