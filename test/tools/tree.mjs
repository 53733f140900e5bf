import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

const notSources = new Set(['node_modules', 'dist', '.build', '.git', '.task-queue', 'coverage']);

/**
 * Every file below a folder, sorted, with paths relative to `root` and `/` as separator.
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
export function filesBelow(root, folder) {
  const start = path.join(root, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { withFileTypes: true })
    .flatMap((entry) => {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return notSources.has(entry.name) ? [] : filesBelow(root, name);
      return entry.isFile() ? [name] : [];
    })
    .sort();
}
