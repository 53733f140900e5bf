/**
 * Turns the scripts of each lib folder named `lua` into a TypeScript file beside it, `lua.generated.ts`, so that the library reads
 * no files at run time. `-- @include name` puts the text of `_name.lua` in its place, of the same folder or of the one that all scripts share; comments
 * stay with the scripts.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from './paths.mjs';

/** What scripts of several rooms include. */
const SHARED = 'lib/connections/redis/lua';

/** Every generated file with the text it should have. @returns {Map<string, string>} */
export function luaModules(root = projectRoot) {
  const modules = new Map();
  for (const folder of luaFolders(path.join(root, 'lib'))) {
    const scripts = readdirSync(folder).filter((file) => file.endsWith('.lua') && !file.startsWith('_'));
    if (scripts.length === 0) continue;
    const source = path.relative(path.dirname(folder), path.join(root, 'lib/connections/index.js'));
    const parts = scripts.sort().map((file) => exportOf(file, readScript(path.join(folder, file), root)));
    modules.set(
      path.join(path.dirname(folder), 'lua.generated.ts'),
      `// Made of lua/*.lua by test/tools/embed-lua.mjs. Change those.\n` +
        `import { redisScript } from '${source.replaceAll(path.sep, '/')}';\n\n${parts.join('\n')}`,
    );
  }
  return modules;
}

/** Writes those that differ. */
export function embedLua(root = projectRoot) {
  for (const [file, text] of luaModules(root)) {
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  }
}

/** @param {string} folder @returns {string[]} */
function luaFolders(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => {
      const inner = path.join(folder, entry.name);
      return entry.name === 'lua' ? [inner] : luaFolders(inner);
    });
}

/** @param {string} file @param {string} root @returns {string} the script without its comments */
function readScript(file, root) {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => {
      const name = /^-- @include (\S+)$/.exec(line)?.[1];
      return name === undefined ? line : readScript(includedFile(name, path.dirname(file), root), root);
    })
    .filter((line) => line.trim() !== '' && !/^\s*--/.test(line));
  return lines.join('\n');
}

/** @param {string} name @param {string} folder @param {string} root */
function includedFile(name, folder, root) {
  const own = path.join(folder, `_${name}.lua`);
  return existsSync(own) ? own : path.join(root, SHARED, `_${name}.lua`);
}

/** @param {string} file @param {string} text */
function exportOf(file, text) {
  const name = path.basename(file, '.lua');
  const constant = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  const literal = text.replace(/[\\`]|\$\{/g, '\\$&');
  return `export const ${constant} = redisScript(\n  '${name}',\n  \`${literal}\n\`,\n);\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) embedLua();
