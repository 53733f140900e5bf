/**
 * Turns the scripts of each lib folder named `lua` into a TypeScript file beside it, `lua.generated.ts`, so that the library reads
 * no files at run time. `-- @include name` puts the text of `_name.lua` in its place; comments stay with the scripts.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from './paths.mjs';

/** Every generated file with the text it should have. @returns {Map<string, string>} */
export function luaModules(root = projectRoot) {
  const modules = new Map();
  for (const folder of luaFolders(path.join(root, 'lib'))) {
    const scripts = readdirSync(folder).filter((file) => file.endsWith('.lua') && !file.startsWith('_'));
    const source = path.relative(path.dirname(folder), path.join(root, 'lib/connections/index.js'));
    const parts = scripts.sort().map((file) => exportOf(file, readScript(path.join(folder, file))));
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

/** @param {string} file @returns {string} the script without its comments */
function readScript(file) {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => {
      const name = /^-- @include (\S+)$/.exec(line)?.[1];
      return name === undefined ? line : readScript(path.join(path.dirname(file), `_${name}.lua`));
    })
    .filter((line) => line.trim() !== '' && !/^\s*--/.test(line));
  return lines.join('\n');
}

/** @param {string} file @param {string} text */
function exportOf(file, text) {
  const name = path.basename(file, '.lua');
  const constant = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  const literal = text.replace(/[\\`]|\$\{/g, '\\$&');
  return `export const ${constant} = redisScript(\n  '${name}',\n  \`${literal}\n\`,\n);\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) embedLua();
